/** Numbers as people read them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import * as format from '../js/format.js';

const plain = (text) => text.replaceAll('\u202f', ' ');

test('bytes have three digits and decimal units', () => {
  const shown = [0, 1, 999, 1000, 1234, 9994, 9996, 99_949, 99_960, 999_499, 999_501, 1_073_741_824, 53_687_091_200, 1e15].map((n) => plain(format.bytes(n)));
  assert.deepEqual(shown, ['0 B', '1 B', '999 B', '1.00 kB', '1.23 kB', '9.99 kB', '10.0 kB', '99.9 kB', '100 kB', '999 kB', '1.00 MB', '1.07 GB', '53.7 GB', '1.00 PB']);
});

test('percent is rounded down, so that only what is whole is 100', () => {
  assert.equal(plain(format.percent(99.9999)), '99.9 %');
  assert.equal(plain(format.percent(99.9999, 0)), '99 %');
  assert.equal(plain(format.percent(100)), '100 %');
  assert.equal(plain(format.percent(120)), '100 %');
  assert.equal(plain(format.percent(-3)), '0.0 %');
  assert.equal(plain(format.percent(45.2, 1)), '45.2 %');
  assert.equal(format.percentAttribute(99.999), '99.99');
  assert.equal(format.percentAttribute(100), '100.00');
});

test('an empty file is whole', () => {
  assert.equal(format.share(0, 0), 100);
  assert.equal(format.share(1, 4), 25);
});

test('durations are as exact as an estimate deserves', () => {
  const shown = [0, 0.2, 12, 99, 100, 3599, 3600, 7500, 86_400, 3 * 86_400].map((secs) => plain(format.duration(secs)));
  assert.deepEqual(shown, ['0 s', '1 s', '12 s', '99 s', '2 min', '1 h', '1 h', '2 h 5 min', '24 h', '3 days']);
});

test('past and future are told from now', () => {
  const now = Date.parse('2026-11-20T12:00:00Z');
  const at = (secs) => new Date(now + secs * 1000).toISOString();
  assert.equal(format.ago(at(-10), now), 'just now');
  assert.equal(plain(format.ago(at(-300), now)), '5 min ago');
  assert.equal(plain(format.ago(at(-7200), now)), '2 h ago');
  assert.equal(format.ago(at(-86_400 * 2), now), '2 days ago');
  assert.equal(plain(format.until(at(86_400 * 6.5), now)), 'in 6 days');
  assert.equal(format.until(at(-5), now), 'now');
});

test('counts agree with their nouns', () => {
  assert.equal(format.count(1, 'part'), '1 part');
  assert.equal(format.count(1234, 'part'), '1,234 parts');
});
