// What the documents of the API mean for the views: what is measured, which way power flows, what is abnormal.
import { isKnown } from "./period.js";

const ABNORMAL = { late: 0, failed: 1, absent: 2, stale: 3, disobeys: 4 };
const LOOKS = { producer: "sun", storage: "storage", load: "use", meter: "grid" };

// Power of an asset in kW, > 0 while it delivers; null where it is not known or too old to be believed.
export function powerKw(asset, site) {
  return isMeasured(asset, site) ? asset.output_w / 1000 : null;
}

// Missing is not 0, and what is too old to be believed is missing.
export function isMeasured(asset, site) {
  return asset.output_w !== null && asset.status_age_s !== null && asset.status_age_s <= site.status_max_age_s;
}

// Whether the schedule of the site file speaks for something, which no stored one does: it is asked anew each tick, and
// its changes are not known ahead.
export const followsBase = (site, plan) => site.assets.some((asset) => asset.target !== null && asset.scheduled !== null && !plan?.assets[asset.id]);

export const isAbnormal = (asset) => asset.state in ABNORMAL;

// A power of whole steps of the site's unit, in kW.
export const kwOfSteps = (steps, site) => (steps === null || steps === undefined ? null : site.power_unit === "kW" ? steps : steps / 1000);

export const lookOf = (kind) => LOOKS[kind] ?? "other";

// Abnormal assets first, the worst of them first; the others as in the site file.
export function byConcern(assets) {
  return [...assets].sort((a, b) => (ABNORMAL[a.state] ?? 9) - (ABNORMAL[b.state] ?? 9));
}

// Where power comes from and where it goes, each at least 0 W: {sources, uses, idle, unmeasured, oldest_s, rest}.
// What is missing between the two sides is not metered, and a flow of its own: so both sides add up. `rest` says what that is:
// "all" where the grid connection is not measured either, "net" where sun is not measured by itself, "use" elsewhere.
export function flowsOf(site, { most = 9, isNet = false } = {}) {
  const assets = site.assets.filter((asset) => asset.kind !== "meter");
  const measured = assets.filter((asset) => isMeasured(asset, site));
  const flows = measured.map((asset) => ({ of: asset.id, kind: asset.kind, w: asset.output_w, asset }));
  const grid = gridOf(site);
  if (grid !== null) flows.push({ of: "grid", kind: "grid", w: 1000 * grid });
  const missing = -flows.reduce((sum, flow) => sum + flow.w, 0);
  const rest = { of: "not metered", kind: "rest", w: missing };
  const side = (sign) => grouped(flows.filter((flow) => sign * flow.w >= 0.5).map((flow) => ({ ...flow, w: sign * flow.w })), most);
  const [sources, uses] = [side(1), side(-1)];
  if (missing >= 0.5) sources.push(rest);
  if (missing <= -0.5) uses.push({ ...rest, w: -missing });
  return {
    sources,
    uses,
    idle: measured.filter((asset) => Math.abs(asset.output_w) < 0.5),
    unmeasured: assets.filter((asset) => !isMeasured(asset, site)),
    rest: grid === null ? "all" : isNet ? "net" : "use",
    oldest_s: measured.length ? Math.max(...measured.map((asset) => asset.status_age_s)) : null,
  };
}

// The import at the grid connection in kW, by the newest tick; null where it is not measured.
export const gridOf = (site) => site.pcc?.import_kw ?? null;

// Many assets are told by kind, with how many they are.
function grouped(flows, most) {
  const sorted = (all) => [...all].sort((a, b) => b.w - a.w);
  if (flows.length <= most) return sorted(flows);
  const kinds = new Map();
  for (const flow of flows) {
    const name = flow.kind === "grid" ? "grid" : (flow.kind ?? "unknown");
    const group = kinds.get(name) ?? { of: name, kind: flow.kind, w: 0, count: 0 };
    kinds.set(name, { ...group, w: group.w + flow.w, count: group.count + 1 });
  }
  return sorted([...kinds.values()]);
}

// The value of equal steps {from, step_s, values} at an instant; null outside and in gaps.
export function valueAt(from, step_s, values, instant) {
  const index = Math.floor((instant - new Date(from)) / (1000 * step_s));
  return values?.[index] ?? null;
}

// The greatest or least known value with its place: {value, index}; null where nothing is known.
export function extreme(values, isBetter) {
  return (values ?? []).reduce((best, value, index) => (value !== null && (best === null || isBetter(value, best.value)) ? { value, index } : best), null);
}

// Whether there is production that no asset measures: it is expected, or more is exported than
// the assets delivered.
export function hasHiddenSun(site, plan, energy) {
  if (site.assets.some((asset) => asset.kind === "producer" || asset.kind === null)) return false;
  const isExpected = plan?.forecasts.production?.values.some((value) => value > 0);
  const delivered = (isMeter) => (energy?.days ?? []).filter((day) => (day.asset === site.pcc?.meter) === isMeter).reduce((sum, day) => sum + day.delivered_kwh, 0);
  return isExpected || delivered(true) > delivered(false) + 0.05;
}

// Today's energy in kWh, from /api/v1/energy: import and export by the meter, what came from producers, and the share of
// the use that was not imported. Where there is no grid connection only what the assets did is known; and where sun is not
// measured by itself (`hasHiddenSun`), neither is the use.
export function todayOf(energy, site, hasHiddenSun) {
  const days = energy?.days ?? [];
  const last = days.map((day) => day.from).sort().at(-1);
  const all = days.filter((day) => day.from === last);
  const today = all.filter(isKnown); // 0 kWh of an asset of which nothing is known are not 0
  const kinds = new Map(site.assets.map((asset) => [asset.id, asset.kind]));
  const meter = today.find((day) => day.asset === site.pcc?.meter);
  const of = (kind, name) => today.filter((day) => kinds.get(day.asset) === kind).reduce((sum, day) => sum + day[name], 0);
  const [imported, exported] = meter ? [meter.taken_kwh, meter.delivered_kwh] : [null, null];
  const others = today.filter((day) => !["meter", "load"].includes(kinds.get(day.asset)));
  const net = others.reduce((sum, day) => sum + day.delivered_kwh - day.taken_kwh, 0);
  const use = meter && !hasHiddenSun ? imported - exported + net : null;
  const measuring = all.filter((day) => day.asset === site.pcc?.meter);
  const unknown_min = Math.max(0, ...(measuring.length ? measuring : all).map((day) => day.unknown_min));
  return {
    imported,
    exported,
    use,
    produced: of("producer", "delivered_kwh"),
    taken: of("load", "taken_kwh"),
    delivered: of(null, "delivered_kwh"),
    own_share: use > 0.005 ? Math.min(1, Math.max(0, 1 - imported / use)) : null,
    unknown_min,
    from: last,
  };
}
