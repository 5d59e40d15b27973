/** Where the page can work. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

test('below a path the page says what is wrong instead of waiting without end', async () => {
  globalThis.document ??= {};
  const { isAtRoot, NOT_AT_ROOT } = await import('../js/views/broken.js');
  assert.ok(isAtRoot('/') && isAtRoot('/index.html'));
  assert.ok(!isAtRoot('/ferry/') && !isAtRoot('/ferry'));
  assert.match(NOT_AT_ROOT.text, /below a path/);
});

test('the frame loads its script from wherever it is served, so that it can say so', () => {
  const frame = readFileSync(new URL('../index.html', import.meta.url), 'utf8');
  assert.doesNotMatch(frame, /(?:src|href)="\//);
});
