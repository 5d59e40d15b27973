/** Builds elements. Children that are strings become text, always: there is no way to pass HTML. Not a framework: nothing here re-renders. */

/**
 * `h('button', {testid: 'submit', class: 'primary', on: {click}}, 'Send')`.
 * `data` sets data attributes, `on` adds listeners; an attribute or child that is null or false is omitted.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) setProp(element, name, value);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function setProp(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === 'on') for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
  else if (name === 'data') setData(element, value);
  else if (name === 'testid') element.dataset.testid = value;
  else element.setAttribute(name, value === true ? '' : String(value));
}

/** Sets data attributes; null and undefined remove them. Writes only what differs. */
export function setData(element, values) {
  for (const [key, value] of Object.entries(values)) {
    if (value === null || value === undefined) delete element.dataset[key];
    else if (element.dataset[key] !== String(value)) element.dataset[key] = String(value);
  }
}

/** Sets the text where it differs, so that assistive technology and selections are left alone. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows or hides. */
export function setShown(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/** Makes `parent` hold exactly `wanted`, in this order, moving only what is out of place (focus survives). */
export function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}

let lastId = 0;

/** An id for `for`, `aria-labelledby` and the like. */
export function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}
