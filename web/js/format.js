/** Numbers as people read them: bytes, rates, durations, percent, times. Pure; not sentences, those are in messages.js. */

const NARROW_SPACE = '\u202f';
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `1.07 GB`: decimal units, three digits, no trailing zeros lost that would make the text jump. */
export function bytes(count) {
  let value = count;
  let unit = 0;
  while (unit < UNITS.length - 1 && rounded(value, unit) >= 1000) {
    value /= 1000;
    unit += 1;
  }
  return `${digits(value, unit)}${NARROW_SPACE}${UNITS[unit]}`;
}

function rounded(value, unit) {
  return Number(digits(value, unit));
}

function digits(value, unit) {
  if (unit === 0) return String(Math.round(value));
  const rest = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return value.toFixed(rest);
}

/** `1,073,741,824 bytes`, for titles. */
export function exactBytes(count) {
  return count === 1 ? '1 byte' : `${whole(count)} bytes`;
}

/** `23.4 MB/s`. */
export function rate(bytesPerSec) {
  return `${bytes(Math.max(0, bytesPerSec))}/s`;
}

/** `45.2 %`, rounded down: nothing looks finished before it is. */
export function percent(value, decimals = 1) {
  const factor = 10 ** decimals;
  const clamped = Math.min(100, Math.max(0, value));
  const floored = Math.floor(clamped * factor + 1e-9) / factor;
  return `${floored.toFixed(floored === 100 ? 0 : decimals)}${NARROW_SPACE}%`;
}

/** Percent as an attribute: two decimals, rounded down, no unit. */
export function percentAttribute(value) {
  return (Math.floor(Math.min(100, Math.max(0, value)) * 100 + 1e-7) / 100).toFixed(2);
}

/** The share of `part` in `total`, 0 to 100; an empty total counts as whole. */
export function share(part, total) {
  return total > 0 ? Math.min(100, (part / total) * 100) : 100;
}

/** `12 s`, `3 min`, `2 h 5 min`, `3 days`: as exact as an estimate deserves. */
export function duration(seconds) {
  const secs = Math.max(0, Math.ceil(seconds));
  if (secs < 100) return unit(secs, 's');
  const minutes = Math.round(secs / 60);
  if (minutes < 60) return unit(minutes, 'min');
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? unit(hours, 'h') : `${unit(hours, 'h')} ${unit(minutes % 60, 'min')}`;
  return unit(Math.round(hours / 24), 'days');
}

function unit(value, name) {
  return `${value}${NARROW_SPACE}${name}`;
}

/** `1,234`. */
export function whole(value) {
  return Math.round(value).toLocaleString('en');
}

/** `1 part`, `37 parts`. */
export function count(value, one, many = `${one}s`) {
  return `${whole(value)} ${value === 1 ? one : many}`;
}

/** `just now`, `5 min ago`, `yesterday at 14:03`, `3 Nov 2026`. */
export function ago(iso, now = Date.now()) {
  const then = Date.parse(iso);
  const secs = Math.max(0, (now - then) / 1000);
  if (secs < 45) return 'just now';
  if (secs < 3600) return `${unit(Math.max(1, Math.round(secs / 60)), 'min')} ago`;
  if (secs < 86_400) return `${unit(Math.round(secs / 3600), 'h')} ago`;
  if (secs < 7 * 86_400) return `${count(Math.floor(secs / 86_400), 'day')} ago`;
  return day(iso);
}

/** `in 6 days`, `in 5 h`, `now`. */
export function until(iso, now = Date.now()) {
  const secs = (Date.parse(iso) - now) / 1000;
  if (secs < 60) return 'now';
  if (secs < 3600) return `in ${unit(Math.floor(secs / 60), 'min')}`;
  if (secs < 2 * 86_400) return `in ${unit(Math.floor(secs / 3600), 'h')}`;
  return `in ${count(Math.floor(secs / 86_400), 'day')}`;
}

/** `3 Nov 2026`. */
export function day(iso) {
  return new Date(iso).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}

/** `3 Nov 2026, 14:03`, for titles and tables. */
export function moment(iso) {
  return new Date(iso).toLocaleString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });
}
