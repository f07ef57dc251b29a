// Assets: the abnormal ones, then all others by kind; or one with its limits, its device and its reasons.
import { isAbnormal } from "../model.js";
import { h } from "../parts/dom.js";
import { count } from "../parts/format.js";
import { assetTable } from "../parts/table.js";
import { address, go } from "../place.js";
import { words } from "../words.js";
import { assetView } from "./asset.js";

const MOST = 300;
const KINDS = ["storage", "producer", "load", "meter", null];
const said = words.assets;

export default {
  needs: (place, state) => (place.asset ? assetView.needs(place, state) : {}),
  draw: (place, state) => (place.asset ? assetView.draw(place, state) : list(place, state)),
  update: (main, place, state) => place.asset && assetView.update(main, place, state),
};

function list(place, { site }) {
  const isFound = (asset) => !place.find || asset.id.toLowerCase().includes(place.find.toLowerCase());
  const isOfState = (asset) => !place.state || (place.state === "abnormal" ? isAbnormal(asset) : asset.state === place.state);
  const found = site.assets.filter((asset) => isFound(asset) && isOfState(asset));
  const well = KINDS.map((kind) => [said.plural[kind] ?? said.plural.unknown, found.filter((asset) => asset.kind === kind && !isAbnormal(asset))]);
  const groups = [[said.abnormal, found.filter(isAbnormal)], ...well].filter(([, assets]) => assets.length);
  return [
    h("h1", {}, words.views.assets),
    h("div", { class: "filters" }, filters(place, site), search(place)),
    groups.map(([title, assets]) =>
      h("section", { class: "card", "data-key": `group ${title}` }, h("div", { class: "head" }, h("h2", {}, title), h("p", {}, count(assets.length))), assetTable(site, assets, { most: place.all ? Infinity : MOST, more: { ...place, all: 1 } })),
    ),
    found.length ? null : h("p", { class: "empty", id: "none" }, site.assets.length ? said.none_found : said.none),
  ];
}

// By state, with how many there are; what is chosen stands in the address.
function filters(place, site) {
  const states = Object.keys(said.states).filter((name) => site.assets.some((asset) => asset.state === name));
  const abnormal = site.assets.filter(isAbnormal).length;
  const choices = [["", said.every, site.assets.length], ...(abnormal ? [["abnormal", said.abnormal, abnormal]] : []), ...states.map((name) => [name, said.states[name], site.assets.filter((asset) => asset.state === name).length])];
  return h(
    "nav",
    { class: "choices", "aria-label": said.filter },
    choices.map(([name, text, number]) => h("a", { href: address({ ...place, state: name, all: "" }), "aria-current": (place.state ?? "") === name ? "true" : null }, `${text} ${count(number)}`)),
  );
}

function search(place) {
  const find = (event) => go({ ...place, find: event.target.value });
  return h("label", { class: "find" }, h("span", { class: "visually-hidden" }, said.find), h("input", { type: "search", value: place.find ?? "", placeholder: said.find, oninput: find }));
}
