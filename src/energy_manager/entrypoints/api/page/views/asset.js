// One asset: against its limits, over the last hours, why it was told its target now or then, its device, and by hand.
import { commandButton, giveBack, overrideAsset } from "../commands.js";
import { firstKnown } from "../course.js";
import { isAbnormal, kwOfSteps, lookOf, powerKw } from "../model.js";
import { chart } from "../parts/chart.js";
import { h } from "../parts/dom.js";
import { age, clock, count, digits, flowing, fullTime, inWords, instantOf, kw, localInput, moment, timeZone } from "../parts/format.js";
import { gauge } from "../parts/gauge.js";
import { ageText, reasonText, stateText, storedText, targetText } from "../parts/table.js";
import { address, go } from "../place.js";
import { words } from "../words.js";

const HOUR_MS = 3600e3;
const said = words.asset;
const AN_INSTANT = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d(:\\d\\d)?"; // the browser's own input of a time has no 24 hours everywhere
const query = (parts) => new URLSearchParams(parts);

export const assetView = { needs, draw, update };

function needs(place, { site }) {
  const asset = place.asset;
  if (!site.assets.some((one) => one.id === asset)) return {};
  const until = place.at ? new Date(Date.parse(place.at) + HOUR_MS).toISOString() : "now";
  const from = place.at ? new Date(Date.parse(place.at) - HOUR_MS).toISOString() : "-2h";
  const step = site.offers?.includes("simulation") ? 900 : 60;
  const span = { asset, from, to: until, step };
  return {
    device: { path: `api/v1/assets/${encodeURIComponent(asset)}`, every_s: 3 },
    why: { path: `api/v1/decisions?${query(place.at ? { asset, at: place.at } : { asset })}`, every_s: place.at ? 3600 : 4 },
    told: { path: `api/v1/history?${query(span)}`, every_s: 30 },
    output: { path: `api/v1/history?${query({ ...span, of: "asset" })}`, every_s: 30 },
  };
}

function draw(place, state) {
  const asset = state.site.assets.find((one) => one.id === place.asset);
  const back = h("p", {}, h("a", { href: address({ view: "assets" }) }, `← ${words.views.assets}`));
  if (!asset) return [h("h1", {}, place.asset), h("p", {}, said.unknown), back];
  const { device } = state.data;
  return [
    h("div", { class: "headline" }, h("h1", {}, h("b", {}, asset.id), " ", h("span", {}, words.assets.kinds[asset.kind] ?? words.assets.kinds.unknown)), back),
    h("div", { class: "pair even" }, powerCard(asset, state), byHandCard(asset, state)),
    h("section", { class: "card" }, h("div", { class: "head" }, h("h2", {}, place.at ? said.hours_around(fullTime(place.at)) : said.hours)), h("div", { "data-keep": `asset ${asset.id}` })),
    whyCard(place, state),
    device?.value ? deviceCard(device.value.device) : h("p", { class: "empty" }, device?.error || words.loading),
  ];
}

function powerCard(asset, { site }) {
  const steps = (value) => kwOfSteps(value, site);
  const power = powerKw(asset, site);
  const target = steps(asset.target);
  const known = [power, target, 0, steps(asset.lowest), steps(asset.highest), steps(asset.potential)].filter((value) => value !== null);
  const flow = asset.kind === "meter" ? words.meter_flow : words.asset_flow;
  const facts = [
    [said.measured, flowing(power, flow), ageText(asset)],
    asset.kind === "meter" ? null : [said.told, targetText(asset, site), said.at_tick(site.tick?.number, site.tick ? clock(site.tick.at) : words.unknown, deciderOf(asset.decided_by))],
    asset.scheduled === null || asset.kind === "meter" ? null : [said.scheduled, asset.kind === null ? kw(steps(asset.scheduled)) : flowing(steps(asset.scheduled)), ""],
    asset.lowest === null && asset.highest === null ? null : [said.range, rangeText(steps(asset.lowest), steps(asset.highest)), said.now_told],
    asset.stored_wh === null ? null : [said.stored, storedText(asset), ageText(asset)],
  ].filter(Boolean);
  return h(
    "section",
    { class: "card" },
    h("div", { class: "head" }, h("h2", {}, said.power), stateText(asset)),
    gauge({ least: Math.min(...known), most: Math.max(...known), value: power, look: lookOf(asset.kind), label: flowing(power, flow), marks: target === null ? [] : [{ at: target, name: "target" }] }),
    h("dl", { class: "facts" }, facts.map(([name, value, more]) => h("div", {}, h("dt", {}, name), h("dd", {}, h("b", {}, value), " ", h("small", {}, more))))),
    isAbnormal(asset) && asset.trouble ? h("p", { class: "abnormal" }, asset.trouble) : null,
  );
}

// Whose word it was; of an override its id says nothing to anybody.
const deciderOf = (label) => (/^(override|hold):/.test(label ?? "") ? said.by_person : (said.deciders[label] ?? label));

// How far it may go either way; an end at zero goes without saying, and so does one that is not known.
function rangeText(lowest, highest) {
  const least = lowest < 0 ? said.takes_up_to(kw(-lowest)) : lowest > 0 ? said.at_least(kw(lowest)) : null;
  const most = highest > 0 ? said.delivers_up_to(kw(highest)) : highest < 0 ? said.takes_at_least(kw(-highest)) : null;
  return [least, most].filter(Boolean).join(", ") || words.asset_flow[2];
}

function byHandCard(asset, state) {
  const mine = (state.data.overrides?.value ?? []).filter((one) => one.assets.includes(asset.id));
  const { me, now } = state;
  const rows = mine.map((one) => {
    const may = one.kind === "hold" ? me.may.hold : one.who === me.name ? me.may.override : me.may.override_any;
    const target = one.release ? words.assets.released : flowing(kwOfSteps(one.target, state.site));
    return h("li", { "data-key": one.id }, h("span", {}, said.override(target, moment(one.until, now), one.reason, one.who, one.role)), commandButton(may, said.give_back, () => giveBack(one.id)));
  });
  const button = asset.kind === "meter" ? h("p", { class: "empty" }, said.no_targets) : commandButton(me.may.override, said.override_button, () => overrideAsset(asset.id), { id: "override" });
  return h(
    "section",
    { class: "card" },
    h("div", { class: "head" }, h("h2", {}, said.by_hand), h("p", {}, reasonText(asset, state.now))),
    rows.length ? h("ul", { class: "by-hand" }, rows) : h("p", { class: "empty" }, said.nothing_by_hand),
    h("div", { class: "actions" }, button),
    me.may.override.allowed ? null : h("p", { class: "small" }, me.may.override.why),
  );
}

function whyCard(place, state) {
  const { why } = state.data;
  const look = (event) => {
    event.preventDefault();
    go({ ...place, at: new Date(instantOf(new FormData(event.currentTarget).get("at"))).toISOString() });
  };
  const form = h(
    "form",
    { class: "then", onsubmit: look },
    h("label", {}, said.then(timeZone()), h("input", { name: "at", required: true, pattern: AN_INSTANT, title: said.an_instant, value: localInput(place.at ?? state.now), size: 19 })),
    h("button", { type: "submit" }, said.look),
    place.at ? h("a", { class: "button", href: address({ view: "assets", asset: place.asset }) }, said.back_to_now) : null,
  );
  const sentences = why?.value?.sentences.map((sentence) => h("li", {}, inWords(sentence, state.now)));
  return h("section", { class: "card", id: "why" }, h("div", { class: "head" }, h("h2", {}, place.at ? said.why_then(fullTime(place.at)) : said.why)), sentences ? h("ul", { class: "sentences" }, sentences) : h("p", { class: "empty" }, why?.error || words.loading), form);
}

function deviceCard(device) {
  const points = device.points.map((point) => h("tr", { "data-key": point.name }, h("th", { scope: "row" }, point.name), h("td", { class: "figure" }, point.value === null ? words.unknown : `${point.value < 0 ? "−" : ""}${digits(point.value)} ${point.unit ?? ""}`), h("td", { class: "figure" }, point.age_s === null ? words.unknown : words.ago(age(point.age_s)))));
  const calls = Object.entries(device.calls).map(([kind, { ok, failed, superseded }]) => h("li", {}, said.calls(said.call_kinds[kind] ?? kind, count(ok), count(failed), count(superseded))));
  const errors = device.last_errors.map((error) => h("li", { class: error.is_over ? null : "abnormal" }, said.error(said.call_kinds[error.call] ?? error.call, error.message, age(error.age_s), error.is_over)));
  const facts = [
    device.only_read_for && said.only_read(device.only_read_for),
    device.falls_back && said.falls_back(device.falls_back_after_s === null ? words.unknown : age(device.falls_back_after_s)),
    device.rests_for_s ? said.rests(age(device.rests_for_s)) : null,
    device.writes_left === null ? null : said.writes_left(count(device.writes_left)),
  ].filter(Boolean);
  return h(
    "section",
    { class: "card" },
    h("div", { class: "head" }, h("h2", {}, said.device)),
    h("ul", { class: "sentences" }, facts.map((fact) => h("li", {}, fact)), calls, errors.length ? errors : h("li", {}, said.no_errors)),
    points.length ? h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, said.point), h("th", { scope: "col", class: "figure" }, said.value), h("th", { scope: "col", class: "figure" }, said.age))), h("tbody", {}, points)) : null,
  );
}

function update(main, place, state) {
  const element = main.querySelector("[data-keep]");
  const { told, output } = state.data;
  if (!element || !told?.value || !output?.value) return;
  const asset = state.site.assets.find((one) => one.id === place.asset);
  const { from, to, step_s } = told.value;
  const kilowatts = (steps) => steps.map((value) => kwOfSteps(value, state.site));
  const line = (name, values, more) => ({ name, look: "step", of: lookOf(asset.kind), gaps: output.value.outages, from, step_s, values: kilowatts(values), ...more });
  const [measured] = Object.values(output.value.series);
  const series = [
    { name: said.measured, look: "area", of: lookOf(asset.kind), measured: true, known_to: place.at ? null : output.askedAt, from: output.value.from, step_s: output.value.step_s, values: measured.mean, gaps: output.value.outages },
    line(said.told, told.value.target.mean, { of: "other" }),
    line(said.scheduled, told.value.scheduled.mean, { ghost: true, of: "other" }),
    asset.kind === null ? line(said.potential, told.value.potential.mean, { of: "price" }) : null,
  ];
  const known = series.filter((one) => one?.values.some((value) => value !== null));
  const now = Math.floor(state.now / 60e3) * 60e3;
  const begin = place.at ? from : new Date(Math.max(Date.parse(from), firstKnown(known, now, HOUR_MS / 6))).toISOString();
  const flow = asset.kind === "meter" ? words.meter_flow : words.asset_flow;
  chart(element, {
    label: `${asset.id}, ${said.hours}`,
    from: begin,
    to,
    now: place.at ?? new Date(Math.min(now, Date.parse(to))).toISOString(),
    time_zone: timeZone(),
    locale: words.locale,
    texts: words.chart,
    panels: [{ id: "asset", title: asset.id, unit: "kW", flow, height: 1.6, series: known }],
  });
}
