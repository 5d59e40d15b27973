/** File names: how they are shown, cut, and handed to the file system. Pure. A name is never trusted and never HTML. */

const CONTROL = /[\u0000-\u001f\u007f]/g;
/** Marks that turn the direction of text around: they can make `exe.jpg` out of `gpj.exe`. */
const DIRECTION_MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const OTHER_BREAKS = /[\u0080-\u009f\u2028\u2029\ufeff]/g;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const TAIL_LENGTH = 12;
const CUT_FROM = 28;

/** Whether two names are one: file systems write the same letters in different ways (NFC, NFD). */
export function sameName(one, other) {
  return one === other || (one ?? '').normalize('NFC') === (other ?? '').normalize('NFC');
}

/** The name with invisible and order-changing characters made visible; everything else as it is. */
export function visibleName(name) {
  if (name === '') return '(no name)';
  return name
    .replace(CONTROL, (mark) => (mark === '\u007f' ? '\u2421' : String.fromCodePoint(0x2400 + mark.codePointAt(0))))
    .replace(DIRECTION_MARKS, '\ufffd')
    .replace(OTHER_BREAKS, '\ufffd');
}

/** The visible name in two pieces, so that the middle can give way and the ending stays readable. */
export function splitName(name) {
  const shown = visibleName(name);
  const marks = graphemes(shown);
  if (marks.length < CUT_FROM || RIGHT_TO_LEFT.test(shown)) return [shown, ''];
  return [marks.slice(0, -TAIL_LENGTH).join(''), marks.slice(-TAIL_LENGTH).join('')];
}

function graphemes(text) {
  if (typeof Intl === 'undefined' || !Intl.Segmenter) return [...text];
  return [...new Intl.Segmenter('en').segment(text)].map((piece) => piece.segment);
}

/**
 * A name that any file system takes, for the save dialog and the download folder. `.env` keeps its dot; names of dots alone
 * mean folders and become `_`.
 */
export function safeFileName(name) {
  const cleaned = name
    .replace(CONTROL, '')
    .replace(DIRECTION_MARKS, '')
    .replace(OTHER_BREAKS, '')
    .replace(/[/\\:*?"<>|]/g, '_')
    .toWellFormed()
    .replace(/^\.+$/, (dots) => '_'.repeat(dots.length))
    .replace(/^(?:\s|\.(?=[\s.]))+|[.\s]+$/g, '');
  const kept = shortened(cleaned);
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(kept) ? `_${kept}` : kept || 'download';
}

/** At most 200 UTF-8 bytes, the ending kept. */
function shortened(name) {
  const size = (text) => new TextEncoder().encode(text).length;
  if (size(name) <= 200) return name;
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && size(name.slice(dot)) <= 32 ? name.slice(dot) : '';
  const marks = [...name.slice(0, name.length - ending.length)];
  while (size(marks.join('')) + size(ending) > 200) marks.pop();
  return marks.join('') + ending;
}

/** `Content-Disposition` of a download: always an attachment, ASCII for old readers, the real name beside it. */
export function contentDisposition(name) {
  const safe = safeFileName(name);
  const ascii = safe.replace(/[^\x20-\x7e]|["%]/g, '_');
  const encoded = encodeURIComponent(safe).replace(/['()*!]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
