// How the page writes: elements from names, attributes and children, always as text, never as HTML; and only what has changed.

const SVG = "http://www.w3.org/2000/svg";
const HANDLERS = ["onclick", "oninput", "onchange", "onsubmit", "onkeydown", "ontoggle", "onclose"];

// h("p", { class: "small", onclick }, "text", [children], null). Attributes that are null or false are left out.
export function h(name, attributes = {}, ...children) {
  return made(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return made(document.createElementNS(SVG, name), attributes, children);
}

function made(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (HANDLERS.includes(name)) element[name] = value;
    else if (name === "style") for (const [property, said] of Object.entries(value)) element.style.setProperty(property, said);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Makes `parent` hold these children, by changing what differs. An element with data-keep is made once, by whoever fills
// it, and left alone; its key is the attribute's value. What the user has opened, typed or focused stays.
export function fill(parent, ...children) {
  const wanted = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  const nodes = wanted.map((child) => (child instanceof Node ? child : document.createTextNode(child)));
  patchChildren(parent, nodes);
}

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? (node.dataset.keep ?? node.dataset.key) : undefined);

function patchChildren(parent, wanted) {
  const keyed = new Map([...parent.childNodes].filter(keyOf).map((node) => [keyOf(node), node]));
  let here = parent.firstChild;
  for (const node of wanted) {
    here = past(here, node);
    const there = keyOf(node) === undefined ? here : keyed.get(keyOf(node));
    if (there && isAlike(there, node)) {
      if (there === here) here = here.nextSibling;
      else parent.insertBefore(there, here);
      patch(there, node);
    } else {
      parent.insertBefore(node, here);
    }
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

// Where something alike comes soon, what stands before it is over: so a form that somebody types in stays in its place.
function past(here, node) {
  let there = here;
  while (there && keyOf(there) === undefined && !isAlike(there, node)) there = there.nextSibling;
  if (!there || keyOf(node) !== undefined || !isAlike(there, node)) return here;
  while (here !== there) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
  return there;
}

const isAlike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

function patch(there, wanted) {
  if (there.nodeType === Node.TEXT_NODE) {
    if (there.data !== wanted.data) there.data = wanted.data;
    return;
  }
  if (there.dataset.keep !== undefined) return;
  patchAttributes(there, wanted);
  patchChildren(there, [...wanted.childNodes]);
}

function patchAttributes(there, wanted) {
  for (const { name } of [...there.attributes]) {
    if (!wanted.hasAttribute(name) && name !== "open") there.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (there.getAttribute(name) === value || name === "open") continue;
    if (name === "style") there.style.cssText = wanted.style.cssText;
    else there.setAttribute(name, value);
  }
  for (const handler of HANDLERS) there[handler] = wanted[handler];
}
