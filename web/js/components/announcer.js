/** Speaks to assistive technology, politely: at most one message every two seconds, the latest of each subject. Not for errors; those are in banner.js. */

const PAUSE_MS = 2000;
const waiting = new Map();
let timer = null;

/** `subject` lets a newer message replace one that was not spoken yet. */
export function announce(subject, text) {
  waiting.delete(subject);
  waiting.set(subject, text);
  if (timer === null) speak();
}

function speak() {
  const [subject, text] = waiting.entries().next().value ?? [];
  if (subject === undefined) {
    timer = null;
    return;
  }
  waiting.delete(subject);
  document.getElementById('announcer').textContent = text;
  timer = setTimeout(speak, PAUSE_MS);
}
