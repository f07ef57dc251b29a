// The panels of History: powers of a day, plan against outcome, another day as a ghost; or the energy of each day.
import { kwOfSteps, lookOf } from "../model.js";
import { byDay } from "../period.js";
import { words } from "../words.js";

const said = words.history;

export function pictureOf(place, period, other, state) {
  return period.span === "day" ? dayPanels(place, period, other, state) : energyPanels(place, period, state);
}

function dayPanels(place, period, other, { data, site }) {
  const shift = other ? period.from - other.from : 0;
  const panel = (id, title, series, more) => ({ id, title, unit: "kW", series: series.filter(Boolean), ...more });
  const panels = [];
  if (data.grid?.value) {
    const limits = [
      { name: words.course.import_limit, value: site.pcc.import_limit_kw },
      { name: words.course.export_limit, value: -site.pcc.export_limit_kw },
    ];
    panels.push(panel("grid", words.course.grid, [of(data.grid, "import", "area", "grid", said.measured), ghost(data.grid_other, "import", shift)], { flow: words.grid_flow, limits }));
  }
  if (data.use?.value) {
    const { use, sun } = data.use.value.series;
    const isNet = use.mean.some((value) => value < -0.05) && !sun.mean.some((value) => value !== null); // the meter shows sun that no asset measures
    const name = isNet ? words.course.net_use : words.course.use;
    const series = [of(data.use, "sun", "area", "sun", words.course.sun), of(data.use, "use", "step", "use", name), ghost(data.use_other, "use", shift)];
    const title = isNet || series[0] ? words.course.sun_and_use : words.course.use_alone;
    panels.push(panel("use", title, series, { flow: isNet ? words.net_flow : null }));
  }
  if (data.main?.value) {
    const look = place.asset ? lookOf(site.assets.find((asset) => asset.id === place.asset)?.kind) : "other";
    const series = [of(data.main, "output", "area", look, said.outcome), ...planned(data, site), ghost(data.main_other, "output", shift)];
    panels.push(panel("main", place.asset ?? words.course.total, series, { flow: words.asset_flow }));
  }
  if (data.stored?.value) panels.push(panel("stored", said.stored, [of(data.stored, "stored", "line", "storage", said.measured)], { unit: "kWh" }));
  return panels.filter(isKnown);
}

const isKnown = (panel) => panel.series.some((series) => series.values.some((value) => value !== null));

function of(document, name, look, colour, title) {
  const found = document?.value?.series[name];
  if (!found?.mean.some((value) => value !== null)) return null;
  const { from, step_s, outages } = document.value;
  return { name: title, look, of: colour, measured: true, known_to: document.askedAt, from, step_s, values: found.mean, gaps: outages };
}

// What was planned and told: of all assets it stands in the document of the site, of one asset in its own.
function planned(data, site) {
  const own = data.told?.value;
  const gaps = data.main.value.outages;
  const line = (name, values, from, step_s) => ({ name: said[name], look: "step", of: name === "target" ? "charger" : "use", dashed: name === "scheduled", gaps, from, step_s, values });
  if (own) return ["scheduled", "target"].map((name) => line(name, own[name].mean.map((value) => kwOfSteps(value, { power_unit: own.power_unit || site.power_unit })), own.from, own.step_s));
  const { series, from, step_s } = data.main.value;
  return ["scheduled", "target"].filter((name) => series[name]).map((name) => line(name, series[name].mean, from, step_s));
}

// Another day, laid over this one.
function ghost(document, name, shift) {
  const series = of(document, name, "step", "other", said.other_day);
  return series && { ...series, measured: false, ghost: true, gaps: [], from: new Date(Number(new Date(series.from)) + shift).toISOString() };
}

function energyPanels(place, period, { data, site }) {
  const days = data.energy?.value?.days ?? [];
  const meter = site.pcc?.meter;
  const to = new Date(period.to).toISOString();
  const bars = (name, field, assets, look) => ({ name, look: "area", of: look, ...byDay(days, field, assets), to });
  const panel = (id, title, series) => ({ id, title, unit: "kWh", series });
  const assets = site.assets.filter((asset) => (place.asset ? asset.id === place.asset : asset.kind !== "meter")).map((asset) => asset.id);
  const panels = [panel("delivered", said.delivered, [bars(said.delivered, "delivered_kwh", assets, "sun")]), panel("taken", said.taken, [bars(said.taken, "taken_kwh", assets, "use")])];
  if (meter && !place.asset) {
    panels.unshift(panel("imported", said.imported_title, [bars(said.imported_title, "taken_kwh", [meter], "grid")]), panel("exported", said.exported_title, [bars(said.exported_title, "delivered_kwh", [meter], "grid")]));
  }
  return panels.filter(isKnown);
}
