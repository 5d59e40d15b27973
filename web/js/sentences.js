/** Sentences about an upload or download; errors bring their own words along (the server's and the client's tables of codes),
    which are only put together here. Pure; numbers come from format.js. */

import * as format from './format.js';

/** What an error tells a person: what happened, what to do, and what support needs to find it. */
export function errorSentence(error) {
  const message = error?.message || 'Something went wrong in this page.';
  const pieces = [message, isForPeople(message, error) ? error.detail : null, hintOf(error)];
  if (error?.errorId) pieces.push(`Error id: ${error.errorId}.`);
  return pieces.filter(Boolean).map(sentence).filter(unique).join(' ');
}

/** A header means nothing to a person; how long to wait does. */
function hintOf(error) {
  if (error?.retryAfterSecs > 0) return `Try again in ${format.duration(error.retryAfterSecs)}.`;
  return error?.hint ?? 'Reload the page; what is stored is kept.';
}

/** Whether there is a detail that says more than the message, in words of ours: a browser's exception text is not shown. */
function isForPeople(message, error) {
  return Boolean(error?.detail) && error.code !== 'file_not_readable' && !says(message, error.detail);
}

/** Words that say nothing by themselves. */
const SMALL_WORDS = new Set(['a', 'an', 'the', 'this', 'that', 'your', 'is', 'are', 'was']);

/** Whether a detail has no word that the message lacks. */
function says(message, detail) {
  const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
  const known = new Set(words(message));
  return words(detail).every((word) => known.has(word) || SMALL_WORDS.has(word));
}

function sentence(text) {
  const trimmed = text.trim().replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

function unique(text, index, all) {
  return all.indexOf(text) === index;
}

/** The code of anything that was thrown. */
export function errorCode(error) {
  return error?.code && typeof error.code === 'string' ? error.code : 'client_fault';
}

/** One sentence about an upload, now. */
export function uploadSentence(progress, outcome, now = Date.now()) {
  const say = UPLOAD_SENTENCES[progress.phase];
  const sentence = say ? say(progress, outcome, now) : '';
  return progress.earlierRefused ? `${sentence} An earlier upload of this file was not gone on with. ${errorSentence(progress.earlierRefused)}`.trim() : sentence;
}

const UPLOAD_SENTENCES = {
  queued: () => 'Waits for its turn.',
  checking: () => 'Checking for an earlier upload.',
  comparing: comparing,
  resuming: resuming,
  sending: sending,
  waiting: waiting,
  asking: () => 'The file changed since its earlier upload. What should happen?',
  finishing: () => 'Everything is stored. Sealing and closing the file.',
  done: done,
  stopped: (progress, outcome) => stopped(progress, outcome),
  failed: (progress, outcome) => uploadError(outcome?.error ?? progress.error),
};

/** An address that a person never typed cannot be checked by them. */
function uploadError(error) {
  if (errorCode(error) !== 'not_found') return errorSentence(error);
  return 'This upload is not on the server any more: it was discarded in another tab or on another device. Add the file again to upload it anew.';
}

function comparing(progress) {
  const compared = format.percent(format.share(progress.comparedBytes, progress.sizeBytes), 0);
  return `Comparing the file with what is stored: ${compared} compared.`;
}

/** By then the client has broken off what is not confirmed, and asks the server how far it came. */
const REMADE_AFTER_SECS = 25;

function silence({ silentSecs }) {
  const what = `The server has confirmed nothing for ${format.duration(silentSecs)}: the line is very slow, or broken.`;
  return silentSecs < REMADE_AFTER_SECS ? what : `${what} The connection is made anew, and goes on where the server's bytes end.`;
}

function sending(progress) {
  if (progress.silentSecs) return silence(progress);
  return progress.setBackBytes > 0 ? setBack(progress) : 'Encrypting and sending.';
}

function resuming(progress) {
  if (progress.silentSecs) return silence(progress);
  if (progress.setBackBytes > 0) return setBack(progress);
  if (!progress.resumed) return 'Resuming.';
  const { firstPart, totalParts, storedPercent } = progress.resumed;
  return `Resuming at part ${format.whole(firstPart)} of ${format.whole(totalParts)}, ${format.percent(storedPercent, 0)} was already stored.`;
}

function setBack(progress) {
  return `${format.bytes(progress.setBackBytes)} had to be set back, because stored parts differ from the file; they are sent again.`;
}

/** `Waiting: the server is busy. Goes on in 12 s.` */
export function waiting(progress, outcome, now = Date.now()) {
  const reason = progress.waiting?.reason;
  if (reason === 'another_tab') return 'Another tab is uploading this file. This one goes on when that tab ends.';
  if (reason === 'turn') return 'Waiting: other files of this tab go first, so that the line is not shared.';
  if (reason === 'offline') return 'Waiting: this device is offline. It goes on by itself.';
  if (reason === 'sign_in') return 'Waiting: your session ended. Sign in again, and it goes on.';
  const why = WAITING_REASONS[reason] ?? lowered(progress.waiting?.message ?? 'the server cannot take it now');
  return `Waiting: ${why.replace(/[.\s]+$/, '')}${goesOn(progress.waiting?.untilMs, now)}`;
}

const WAITING_REASONS = {
  busy: 'server busy',
  rate_limited: 'server busy',
  shutting_down: 'the server is restarting',
  network: 'no connection to the server',
  stalled: 'the connection stalled',
  storage_full: "the server's storage is full; it goes on when there is room again",
};

function lowered(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function goesOn(untilMs, now) {
  if (!untilMs) return '.';
  const secs = Math.ceil((untilMs - now) / 1000);
  return secs > 0 ? `, goes on in ${format.duration(secs)}.` : ', trying again.';
}

function done(progress, outcome) {
  if (outcome?.result?.alreadyStored) return 'Already stored: this very content was there before. Nothing was sent.';
  if (outcome?.result?.notRenamed) return `Stored, sealed and compared, but under its earlier name: ${errorSentence(outcome.result.notRenamed)}`;
  const before = progress.storedBeforeBytes;
  if (before > 0 && progress.sizeBytes > 0) {
    return `Stored, sealed and compared: ${format.bytes(progress.sizeBytes)}. ${format.percent(format.share(before, progress.sizeBytes), 0)} was there before.`;
  }
  return `Stored, sealed and compared: ${format.bytes(progress.sizeBytes)}.`;
}

function stopped(progress, outcome) {
  const kept = `${whatIsStored(progress)}${whatWasLost(progress)}`;
  const error = outcome?.error ?? progress.error;
  if (error && errorCode(error) !== 'stopped') return `${uploadError(error)} ${kept}`;
  if (outcome?.leftComplete) return 'Stopped. Nothing was sent; the stored file stays as it was.';
  return `Stopped. ${kept} It can go on now, later, or on another device.`;
}

function whatIsStored({ parts: { stored, total }, storedBytes, sizeBytes }) {
  // Without a number of parts no earlier upload was looked for yet.
  if (total === 0) return 'Nothing was sent yet.';
  if (stored === 0) return 'Nothing was stored yet.';
  const share = format.percent(format.share(storedBytes, sizeBytes), 0);
  return `${format.whole(stored)} of ${format.count(total, 'part')}, ${share} of the file, ${stored === 1 ? 'is' : 'are'} stored and kept.`;
}

function whatWasLost({ lostBytes }) {
  return lostBytes > 0 ? ` ${format.bytes(lostBytes)} were on their way and will be sent again.` : '';
}

/** What a discard did: `discarded` as the client answered. */
export function discardedSentence(name, discarded) {
  if (discarded?.deleted) return `Discarded ${name}. Nothing of it is stored.`;
  return `Took ${name} out of the list. Nothing of it was sent; an earlier upload of it, if there is one, is kept.`;
}

/** `482 MB of 1.07 GB`, `23 MB/s`, `about 25 s left`: the pieces that are known and true now. */
export function uploadNumbers(progress) {
  const { phase } = progress;
  if (phase === 'done') return [];
  if (phase === 'queued' || phase === 'checking') return [format.bytes(progress.sizeBytes)];
  const pieces = [`${format.bytes(progress.doneBytes)} of ${format.bytes(progress.sizeBytes)}`];
  if (moving(phase)) pieces.push(...speed(progress));
  return pieces;
}

function moving(phase) {
  return phase === 'sending' || phase === 'resuming' || phase === 'comparing';
}

function speed(progress) {
  const pieces = [];
  if (progress.rateBytesPerSec !== null) pieces.push(format.rate(progress.rateBytesPerSec));
  if (progress.etaSecs !== null) pieces.push(`about ${format.duration(progress.etaSecs)} left`);
  return pieces;
}

/** `37 of 167 parts stored · 12 were there before`, for those who want to know exactly. */
export function partsLine(progress) {
  const { parts } = progress;
  if (!parts || parts.total === 0 || progress.phase === 'queued' || progress.phase === 'checking') return '';
  const before = parts.storedBefore > 0 ? `, ${format.whole(parts.storedBefore)} before` : '';
  return `${format.whole(parts.stored)} of ${format.count(parts.total, 'part')} stored${before}`;
}

/** The question about a changed file: exact, and without blame. */
export function changedSentence(changed) {
  const grown = changed.sizeBytes - changed.storedSizeBytes;
  const size = grown === 0 ? '' : ` It is ${format.bytes(Math.abs(grown))} ${grown > 0 ? 'larger' : 'smaller'} than it was.`;
  const parts = changed.differingParts === 1 ? '1 part differs' : `${format.whole(changed.differingParts)} parts differ`;
  const what = `${parts} of ${format.whole(changed.totalParts)} from what is stored.${size}`;
  return changed.complete ? `${what} The stored file is complete and stays as it is.` : what;
}

/** What a changed-file answer does, on its button. */
export function changedLabel(answer, changed) {
  if (answer === 'replace') return changed.differingParts === 0 ? 'Go on with this file' : `Send only ${changed.differingParts === 1 ? 'that part' : `those ${format.count(changed.differingParts, 'part')}`}`;
  if (answer === 'fresh') return 'Upload as a new file';
  return 'Stop';
}

/** One sentence about a download, now. */
export function downloadSentence(download, now = Date.now()) {
  const { progress, error, result } = download;
  if (result) return 'Complete; every byte was verified.';
  if (error) return errorCode(error) === 'stopped' ? 'Stopped. The half file was thrown away.' : errorSentence(error);
  if (!progress || progress.phase === 'checking') return 'Fetching the list of parts.';
  if (progress.phase === 'queued') return 'Waits for its turn.';
  if (progress.phase === 'waiting') return waiting(progress, null, now);
  if (progress.phase === 'finishing') return 'Verifying the whole file.';
  return 'Fetching, decrypting and verifying.';
}

/** The state of a download in one word, for `data-state`. */
export function downloadState({ progress, error, result }) {
  if (result) return 'done';
  if (error) return errorCode(error) === 'stopped' ? 'stopped' : 'failed';
  if (!progress || progress.phase === 'checking') return 'starting';
  if (progress.phase === 'queued' || progress.phase === 'waiting') return progress.phase;
  return progress.phase === 'finishing' ? 'checking' : 'receiving';
}

/** `2 of 5 files stored, 45 % of all bytes`: over all cards of this tab. */
export function summarySentence(items) {
  const live = items.filter((item) => item.phase !== 'stopped' && item.phase !== 'failed');
  const finished = live.filter((item) => item.phase === 'done').length;
  const failed = items.length - live.length;
  const pieces = [`${format.whole(finished)} of ${format.count(items.length, 'file')} stored`];
  if (failed > 0) pieces.push(`${format.whole(failed)} stopped`);
  if (finished < live.length) pieces.push(`${format.percent(totalPercent(live), 0)} of the bytes`);
  return pieces.join(', ');
}

/** Percent of all bytes, 0 to 100. */
export function totalPercent(items) {
  const size = items.reduce((sum, item) => sum + item.sizeBytes, 0);
  const stored = items.reduce((sum, item) => sum + item.doneBytes, 0);
  return format.share(stored, size);
}
