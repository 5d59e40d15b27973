/** File names: shown safely, cut readably, saved as any file system takes them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { contentDisposition, safeFileName, sameName, splitName, visibleName } from '../js/names.js';

test('marks that turn the direction of text are made visible', () => {
  assert.equal(visibleName('invoice\u202efdp.exe'), 'invoice\ufffdfdp.exe');
  assert.equal(visibleName('a\nb\u0000c\u007f'), 'a\u240ab\u2400c\u2421');
  assert.equal(visibleName(''), '(no name)');
});

test('ordinary names of any script stay as they are', () => {
  for (const name of ['Küste, Rügen.mp4', '写真.jpg', 'صورة.jpg', '👩‍👩‍👧 family.zip', '<img src=x>.html']) assert.equal(visibleName(name), name);
});

test('a long name is cut in the middle and joins to itself', () => {
  const name = 'night-backup-of-everything-2026-11-19.tar.zst';
  const [head, tail] = splitName(name);
  assert.equal(head + tail, name);
  assert.equal(tail.length, 12);
  assert.deepEqual(splitName('short.txt'), ['short.txt', '']);
});

test('a cut never falls into a family or an accent', () => {
  const name = `${'x'.repeat(30)}${'👩‍👩‍👧'.repeat(14)}`;
  const [head, tail] = splitName(name);
  assert.equal(head + tail, name);
  assert.equal(tail, '👩‍👩‍👧'.repeat(12));
});

test('a right-to-left name is not cut in two', () => {
  const name = 'صورة من العطلة الصيفية مع العائلة كلها.jpg';
  assert.deepEqual(splitName(name), [name, '']);
});

test('a saved name has no path, no control characters, and an end', () => {
  assert.equal(safeFileName('../../etc/passwd'), '._.._etc_passwd');
  assert.equal(safeFileName('a\u0000b\r\nc.txt'), 'abc.txt');
  assert.equal(safeFileName('gpj\u202e.exe'), 'gpj.exe');
  assert.equal(safeFileName('con.txt'), '_con.txt');
  assert.equal(safeFileName(' . '), 'download');
  assert.equal(safeFileName(''), 'download');
  assert.equal(safeFileName('.env'), '.env');
  assert.equal(safeFileName('.gitignore '), '.gitignore');
  assert.equal(safeFileName('...'), '___');
  assert.equal(safeFileName('..'), '__');
  assert.equal(safeFileName('notes...'), 'notes');
  assert.equal(safeFileName('broken \ud800 half.txt'), 'broken \ufffd half.txt');
});

test('a very long name keeps its ending and fits', () => {
  const saved = safeFileName(`${'ä'.repeat(300)}.tar.zst`);
  assert.ok(new TextEncoder().encode(saved).length <= 200);
  assert.ok(saved.endsWith('.zst'));
});

test('the header of a download is one line of ASCII and names the file exactly', () => {
  const header = contentDisposition('Küste "Rügen";\r\nX-Evil: 1 (ä\'*).mp4');
  assert.match(header, /^[\x20-\x7e]+$/);
  assert.ok(header.startsWith('attachment; filename="'));
  assert.equal(header.split('"').length, 3);
  const encoded = header.split("filename*=UTF-8''")[1];
  assert.equal(decodeURIComponent(encoded), safeFileName('Küste "Rügen";\r\nX-Evil: 1 (ä\'*).mp4'));
  assert.doesNotMatch(encoded, /['()*]/);
});

test('the same letters written in two ways are one name', () => {
  assert.ok(sameName('K\u00fcste.mp4', 'Ku\u0308ste.mp4'));
  assert.ok(!sameName('K\u00fcste.mp4', 'Kuste.mp4'));
  assert.ok(!sameName('a', null));
});
