/** Addresses. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseRoute } from '../js/router.js';

test('links with a token lead to their form', () => {
  assert.deepEqual(parseRoute('#setup=abc-_9'), { name: 'setup', token: 'abc-_9' });
  assert.deepEqual(parseRoute('#invite=abc'), { name: 'invite', token: 'abc' });
});

test('places are places, and everything else is files', () => {
  assert.deepEqual(parseRoute('#/admin'), { name: 'admin' });
  for (const hash of ['', '#', '#/', '#/nothing', '#setup=', '#setup=<b>', '#main']) assert.deepEqual(parseRoute(hash), { name: 'files' }, hash);
});
