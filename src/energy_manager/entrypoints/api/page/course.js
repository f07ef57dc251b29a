// The last hours and the plan on one axis, as Now and Plan show them: what is measured, planned, expected, stored, paid.
import { storagesOf } from "./course_needs.js";
import { kwOfSteps, lookOf } from "./model.js";
import { timeZone } from "./parts/format.js";
import { words } from "./words.js";

const HOUR_MS = 3600e3;
const iso = (ms) => new Date(ms).toISOString();

// The document for parts/chart.js; `former` is the plan before this one, drawn as a ghost, `asset` one to show by itself.
export function courseSpec(state, { pastHours, aheadHours }, label, { former = null, asset = null } = {}) {
  const { data, site } = state;
  const plan = data.plan?.value;
  const panels = [gridPanel(data, plan, site, former), usePanel(data, plan), totalPanel(data, plan, site), asset && assetPanel(asset, data, plan, site, former), storagePanel(data, plan, site, former), pricePanel(plan)].filter(Boolean);
  // By the minute, so that little is drawn anew; but what is measured already is no future.
  const measuredTo = panels.flatMap((one) => one.series.filter((series) => series.measured)).map(({ known_to }) => Date.parse(known_to));
  const now = Math.max(Math.floor(state.now / 60e3) * 60e3, ...measuredTo.filter((ms) => ms <= state.now));
  const from = now - pastHours * HOUR_MS;
  return {
    label,
    from: iso(Math.max(from, firstKnown(panels.flatMap((one) => one.series), now))),
    to: iso(Math.min(now + aheadHours * HOUR_MS, lastPlanned(panels, now))),
    now: iso(now),
    time_zone: timeZone(),
    locale: words.locale,
    texts: words.chart,
    panels: panels.map((one) => ({ ...one, series: one.series.map((series) => (series.dashed ? { ...series, begins: iso(now) } : series)) })),
  };
}

// A site that has just begun has no eight hours: the axis then begins at the first half hour of which something is known.
export function firstKnown(series, now, round = HOUR_MS / 2) {
  const begins = series.filter((one) => one.measured).map(firstOf).filter(Number.isFinite);
  const first = Math.min(...begins, now - round);
  return Math.floor(first / round) * round;
}

// Where nothing is planned there is no use in an empty day: the axis then ends soon.
function lastPlanned(panels, now) {
  const ends = panels.flatMap((panel) => panel.series.filter((one) => !one.measured).map(endOf)).filter(Number.isFinite);
  return Math.max(now + HOUR_MS / 6, ...ends);
}

function endOf(series) {
  const index = series.values.findLastIndex((value) => value !== null);
  return index < 0 ? -Infinity : Number(new Date(series.from)) + 1000 * (index + 1) * series.step_s;
}

function firstOf(series) {
  const index = series.values.findIndex((value) => value !== null);
  return index < 0 ? Infinity : Number(new Date(series.from)) + 1000 * index * series.step_s;
}

function measured(document, name, more) {
  if (!document?.value) return null;
  const { from, to, step_s, series, outages } = document.value;
  return { name: words.course.measured, measured: true, known_to: document.askedAt < to ? document.askedAt : to, from, step_s, values: series[name].mean, gaps: outages, ...more };
}

function planned(plan, values, more) {
  if (!plan || !values?.some((value) => value !== null)) return null;
  return { name: words.course.planned, dashed: true, from: plan.from, step_s: plan.step_s, values, ...more };
}

// The plan before: dotted, without an area, and only where it is another one.
function ghost(former, values, now, of) {
  if (!former || JSON.stringify(values) === JSON.stringify(now)) return null;
  return planned(former, values, { name: words.course.former, look: "step", ghost: true, of });
}

function forecast(plan, name, more) {
  const found = plan?.forecasts[name];
  return found && planned(plan, found.values, { low: found.low, high: found.high, ...more });
}

const panel = (id, unit, series, more = {}) => {
  const known = series.filter(Boolean);
  return known.length ? { id, title: words.course[id], unit, series: known, ...more } : null;
};

function gridPanel(data, plan, site, former) {
  if (!site.pcc) return null;
  const limits = [
    { name: words.course.import_limit, value: site.pcc.import_limit_kw },
    { name: words.course.export_limit, value: -site.pcc.export_limit_kw },
  ];
  const series = [measured(data.grid, "import", { look: "area", of: "grid" }), planned(plan, plan?.grid_kw, { look: "area", of: "grid" }), ghost(former, former?.grid_kw, plan?.grid_kw, "grid")];
  return panel("grid", "kW", series, { flow: words.grid_flow, limits });
}

// Sun that no asset measures is in what the meter shows: then use is told less the sun, measured and expected alike.
function usePanel(data, plan) {
  const hasSun = data.use?.value?.series.sun.mean.some((value) => value !== null);
  const [load, production] = [plan?.forecasts.load, plan?.forecasts.production];
  const isNet = !hasSun && production?.values.some((value) => value !== 0 && value !== null);
  const net = isNet && load?.values.map((value, index) => (value === null ? null : value - (production.values[index] ?? 0)));
  const series = [
    measured(data.use, "sun", { look: "area", of: "sun", name: words.course.sun }),
    isNet ? null : forecast(plan, "production", { look: "step", of: "sun", name: words.course.sun_forecast }),
    measured(data.use, "use", { look: "step", of: "use", name: isNet ? words.course.net_use : words.course.use }),
    isNet ? planned(plan, net, { look: "step", of: "use", name: words.course.net_forecast }) : forecast(plan, "load", { look: "step", of: "use", name: words.course.use_forecast }),
  ].filter((one) => one?.values.some((value) => value !== null));
  const title = isNet || series.some((one) => one.of === "sun") ? words.course.sun_and_use : words.course.use_alone;
  return panel("use", "kW", series, { title, flow: isNet ? words.net_flow : null });
}

// All assets together; where the grid is measured the panels above say it better.
function totalPanel(data, plan, site) {
  if (site.pcc) return null;
  const targets = plan && Object.values(plan.assets).map((asset) => asset.targets);
  const ahead = plan?.times.map((_, index) => {
    const said = targets.map((values) => values[index]).filter((value) => value !== null);
    return said.length ? kwOfSteps(said.reduce((sum, value) => sum + value, 0), site) : null;
  });
  const series = [
    measured(data.total, "output", { look: "area", of: "other" }),
    measured(data.total, "target", { look: "step", of: "other", name: words.course.told }),
    planned(plan, ahead, { look: "area", of: "other" }),
  ];
  return panel("total", "kW", series, { flow: words.asset_flow });
}

// What one asset measured and is scheduled to do.
function assetPanel(id, data, plan, site, former) {
  const asset = site.assets.find((one) => one.id === id);
  const kilowatts = (document) => document?.assets[id]?.targets.map((value) => kwOfSteps(value, site));
  const [output] = Object.keys(data.output?.value?.series ?? {});
  const look = { look: "area", of: lookOf(asset?.kind) };
  const series = [output && measured(data.output, output, look), planned(plan, kilowatts(plan), look), ghost(former, kilowatts(former), kilowatts(plan), look.of)];
  return panel("asset", "kW", series, { title: words.course.power_of(id), flow: words.asset_flow });
}

function storagePanel(data, plan, site, former) {
  const [storage] = storagesOf(site);
  if (!storage) return null;
  const ahead = plan?.assets[storage.id]?.stored_kwh ?? (site.pcc?.storage === storage.id ? plan?.stored_kwh : null);
  const series = [
    measured(data.storage, "stored", { look: "area", of: lookOf("storage") }),
    planned(plan, ahead, { look: "area", of: lookOf("storage") }),
    ghost(former, former?.assets[storage.id]?.stored_kwh, ahead, "storage"),
  ];
  const limits = storage.capacity_wh ? [{ name: words.course.capacity, value: storage.capacity_wh / 1000 }] : [];
  return panel("storage", "kWh", series, { title: storage.id, limits, height: 0.8 });
}

function pricePanel(plan) {
  const price = plan?.forecasts.price;
  if (!price) return null;
  const { unit, values } = centsOf(price);
  return panel("price", unit, [planned(plan, values, { look: "area", of: "price", name: words.course.price_name })], { height: 0.7 });
}

// Prices in ct/kWh, where they are in euro: {unit, values}; others stay as they are.
export function centsOf({ unit, values }) {
  const factor = { "EUR/kWh": 100, "EUR/MWh": 0.1 }[unit];
  const scaled = (value) => (value === null ? null : Number((value * factor).toFixed(3)));
  return factor ? { unit: "ct/kWh", values: values.map(scaled) } : { unit, values };
}
