/** Small drawings from path data. Decoration only: every control also has words. */

const SVG = 'http://www.w3.org/2000/svg';

const PATHS = {
  ferry: { box: '0 0 32 32', fill: 'M15 4h4v4h4v5h5l-3.4 8.4H6.2L3 13h6V8h6z', line: 'M3 27c2.2 0 2.2-2 4.4-2s2.2 2 4.3 2 2.2-2 4.3-2 2.2 2 4.3 2 2.2-2 4.3-2 2.2 2 4.4 2' },
  boat: { box: '0 0 20 12', fill: 'M8 0h4v3h3v3h4l-3 6H4L1 6h4V3h3z' },
  check: { box: '0 0 20 20', line: 'M4 10.5l4 4 8-9' },
  warning: { box: '0 0 20 20', line: 'M10 6v5M10 14v.1M10 2l8.5 15.5H1.5z' },
  arrow: { box: '0 0 20 20', line: 'M10 16V4M5 9l5-5 5 5' },
};

/** An icon by name; hidden from assistive technology. */
export function icon(name) {
  const { box, fill, line } = PATHS[name];
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', box);
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  if (fill) svg.append(path(fill, 'icon-fill'));
  if (line) svg.append(path(line, 'icon-line'));
  return svg;
}

function path(shape, kind) {
  const element = document.createElementNS(SVG, 'path');
  element.setAttribute('d', shape);
  element.setAttribute('class', kind);
  return element;
}
