// Assets as rows, each by its kind: what is measured and how old that is, what it is told, why, how it stands.
import { byConcern, isAbnormal, isMeasured, kwOfSteps, lookOf, powerKw } from "../model.js";
import { address } from "../place.js";
import { words } from "../words.js";
import { h, svg } from "./dom.js";
import { age, count, flowing, kw, kwh, percent, withLocalTimes } from "./format.js";

// `most` rows; the others are told by a link.
export function assetTable(site, assets, { most = Infinity, more = null } = {}) {
  if (!assets.length) return h("p", { class: "empty" }, words.assets.none);
  const sorted = byConcern(assets);
  const { head } = words.assets;
  const isTold = assets.some((asset) => asset.kind !== "meter");
  const columns = [["asset"], ["measured", "figure"], ["target", "figure", isTold], ["bar", "", isTold], ["why"], ["state"]];
  return [
    h(
      "table",
      { class: "assets" },
      h("thead", {}, h("tr", {}, columns.map(([name, look = "", isThere = true]) => h(isThere ? "th" : "td", { scope: isThere && "col", class: `${name} ${look}` }, isThere ? head[name] : "")))),
      h("tbody", {}, sorted.slice(0, most).map((asset) => row(asset, site))),
    ),
    sorted.length > most ? h("p", {}, h("a", { href: address(more) }, words.assets.all(count(sorted.length)))) : null,
  ];
}

function row(asset, site) {
  return h(
    "tr",
    { "data-key": asset.id, "data-asset": asset.id, "data-state": asset.state, class: isAbnormal(asset) ? "is-abnormal" : null },
    h("th", { scope: "row" }, h("a", { href: address({ view: "assets", asset: asset.id }) }, asset.id), h("small", {}, words.assets.kinds[asset.kind] ?? words.assets.kinds.unknown)),
    h("td", { class: "measured figure" }, measuredText(asset, site), h("small", {}, ageText(asset))),
    h("td", { class: "target figure", "data-head": asset.kind === "meter" ? "" : words.assets.head.target }, targetText(asset, site), asset.set_by_hand ? h("small", {}, words.assets.by_hand) : null),
    h("td", { class: "bar" }, asset.kind === "meter" ? null : bar(asset, site)),
    h("td", { class: "why" }, reasonText(asset, Date.parse(site.tick?.at))),
    h("td", { class: "state" }, stateText(asset)),
  );
}

export function measuredText(asset, site) {
  if (!isMeasured(asset, site)) return h("b", {}, words.not_measured);
  const flow = asset.kind === "meter" ? words.meter_flow : words.asset_flow;
  const stored = asset.stored_wh === null ? null : h("small", {}, storedText(asset));
  return [h("b", {}, flowing(powerKw(asset, site), flow)), stored];
}

export function storedText({ stored_wh, capacity_wh }) {
  const share = capacity_wh ? `, ${percent(stored_wh / capacity_wh)}` : "";
  return words.assets.stored(kwh(stored_wh / 1000) + share);
}

export const ageText = (asset) => (asset.status_age_s === null ? words.assets.never : words.ago(age(asset.status_age_s)));

export function targetText(asset, site) {
  if (asset.kind === "meter") return "";
  if (asset.released) return words.assets.released;
  if (asset.target === null) return words.unknown;
  return asset.kind === null ? kw(kwOfSteps(asset.target, site)) : flowing(kwOfSteps(asset.target, site));
}

export function reasonText(asset, now) {
  if (asset.kind === "meter") return words.assets.measures_only;
  return words.assets.reasons[asset.reason] ?? withLocalTimes(asset.reason, now);
}

export function stateText(asset) {
  const said = words.assets.states[asset.state] ?? asset.state;
  if (!isAbnormal(asset)) return h("span", {}, said);
  const priority = asset.state === "disobeys" ? "medium" : "high";
  return h("span", { class: `abnormal ${priority}` }, `${words.alarms.priority[priority]} ${said}`);
}

// Around zero for what goes both ways: what is measured as a bar, the target as a line, the range that may be told.
function bar(asset, site) {
  const steps = (value) => kwOfSteps(value, site);
  const output = powerKw(asset, site);
  const target = asset.target === null ? null : steps(asset.target);
  const known = [output, target, 0].filter((value) => value !== null);
  const least = Math.min(asset.kind === "storage" || asset.kind === "load" ? (steps(asset.lowest) ?? 0) : 0, ...known);
  const most = Math.max(steps(asset.highest) ?? steps(asset.potential) ?? 0, ...known);
  const place = (value) => (100 * (value - least)) / (most - least || 1);
  const [zero, end] = [place(0), place(output ?? 0)];
  return svg(
    "svg",
    { class: `gauge of-${lookOf(asset.kind)}`, viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "track", x: 0, y: 2.5, width: 100, height: 5 }),
    svg("rect", { class: "filled", x: Math.min(zero, end), y: 2.5, width: Math.abs(end - zero), height: 5 }),
    least < 0 && most > 0 ? svg("line", { class: "zero", x1: zero, x2: zero, y1: 1.5, y2: 8.5 }) : null,
    target === null ? null : svg("line", { class: "target", x1: place(target), x2: place(target), y1: 0, y2: 10 }),
  );
}
