// How the page writes: elements from names, attributes and children, always as text, never as HTML; and only what has changed.
//
// What is to be there is said as plain objects, and compared with what was said before: the document is touched only where
// the two differ. So a view may be said anew at each tick, with hundreds of rows, and costs next to nothing.

const SVG = "http://www.w3.org/2000/svg";
const TEXT = "#text";
const TYPED = ["input", "textarea"]; // what was typed there stays: their value is set once

// h("p", { class: "small", onclick }, "text", [children], null). Attributes that are null or false are left out.
export function h(name, attributes = {}, ...children) {
  return { name, attributes, children: listed(children), key: attributes["data-keep"] ?? attributes["data-key"], isSvg: false, node: null };
}

export function svg(name, attributes = {}, ...children) {
  return { ...h(name, attributes, ...children), isSvg: true };
}

// Makes `parent` hold these children, by changing what differs. An element with data-keep is made once, by whoever fills
// it, and left alone; its key is the attribute's value. What the user has opened, typed or focused stays.
export function fill(parent, ...children) {
  const wanted = listed(children);
  const former = parent.filledWith ?? [];
  const isThere = former.length > 0 && former.every((one) => one.node.parentNode === parent);
  if (!isThere) parent.replaceChildren();
  patchChildren(parent, isThere ? former : [], wanted);
  parent.filledWith = wanted;
}

// The element itself, for whoever goes on with it by hand.
export function built(said) {
  if (said.name === TEXT) return (said.node = document.createTextNode(said.text));
  const node = said.isSvg ? document.createElementNS(SVG, said.name) : document.createElement(said.name);
  said.node = node;
  for (const [name, value] of Object.entries(said.attributes)) write(said, name, value);
  node.append(...said.children.map(built));
  return node;
}

function listed(children) {
  const there = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  return there.map((child) => (typeof child === "object" ? child : { name: TEXT, text: String(child), node: null }));
}

const isAlike = (one, other) => one.name === other.name && one.key === other.key;

function patchChildren(parent, former, wanted) {
  const keyed = new Map(former.filter((one) => one.key !== undefined).map((one) => [one.key, one]));
  const used = new Set();
  let place = 0;
  for (const one of wanted) {
    while (used.has(former[place])) place++;
    if (one.key === undefined) place = past(former, place, one, used);
    const there = one.key === undefined ? former[place] : keyed.get(one.key);
    const isKnown = there !== undefined && !used.has(there) && isAlike(there, one);
    if (!isKnown || there !== former[place]) parent.insertBefore(isKnown ? there.node : built(one), former[place]?.node ?? null);
    if (!isKnown) continue;
    used.add(there);
    patch(there, one);
  }
  for (const one of former) if (!used.has(one)) one.node.remove();
}

// Where something alike comes soon, what stands before it is over: so a form that somebody types in stays in its place.
function past(former, place, one, used) {
  let there = place;
  while (there < former.length && (used.has(former[there]) || (former[there].key === undefined && !isAlike(former[there], one)))) there++;
  if (there === former.length || former[there].key !== undefined) return place;
  for (const over of former.slice(place, there)) {
    if (used.has(over)) continue;
    over.node.remove();
    used.add(over);
  }
  return there;
}

function patch(there, wanted) {
  const { node } = there;
  wanted.node = node;
  if (wanted.name === TEXT) {
    if (there.text !== wanted.text) node.data = wanted.text;
    return;
  }
  if (wanted.attributes["data-keep"] !== undefined) return;
  for (const [name, value] of Object.entries(wanted.attributes)) {
    if (there.attributes[name] !== value && !(name === "value" && TYPED.includes(wanted.name))) write(wanted, name, value);
  }
  for (const name of Object.keys(there.attributes)) if (!(name in wanted.attributes)) write(wanted, name, null);
  patchChildren(node, there.children, wanted.children);
}

function write({ node, name: element }, name, value) {
  const isLeftOut = value === null || value === undefined || value === false;
  if (name.startsWith("on")) node[name] = isLeftOut ? null : value;
  else if (name === "value" && TYPED.includes(element)) node.value = value ?? "";
  else if (isLeftOut) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}
