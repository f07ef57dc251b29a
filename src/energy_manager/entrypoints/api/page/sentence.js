// One sentence for ten seconds a day: what happens and why, and what comes next.
import { extreme, flowsOf, followsBase, gridOf, isAbnormal, kwOfSteps, powerKw } from "./model.js";
import { flowing, kw, moment } from "./parts/format.js";
import { reasonText } from "./parts/table.js";
import { words } from "./words.js";

const said = words.sentence;

// {what, next}: the first is what matters most now.
export function sentenceOf(state) {
  const { site } = state;
  const plan = state.data.plan?.value;
  return { what: whatOf(site), next: [nextOf(plan, state), closestOf(plan, state)].filter(Boolean).join(" ") };
}

function whatOf(site) {
  if (!site.tick) return said.no_tick;
  const wrong = site.assets.filter(isAbnormal);
  if (wrong.length) return said.abnormal(wrong.map((asset) => asset.id), words.assets.states[wrong[0].state]);
  const { pcc } = site;
  const storage = pcc && site.assets.find((asset) => asset.id === pcc.storage);
  if (storage && powerKw(storage, site) !== null) return said.storage(storage.id, flowing(powerKw(storage, site)), said.reasons[pcc.reason] ?? pcc.reason);
  if (pcc) return said.grid(flowing(gridOf(site), words.grid_flow));
  const running = site.assets.filter((asset) => asset.kind === "load" && powerKw(asset, site) < -0.0005);
  if (running.length) return runningOf(running, site);
  if (site.assets.some((asset) => asset.kind === "load")) return said.nothing_runs;
  return totalOf(site);
}

// What runs, and why: said once where it is the same of all.
function runningOf(running, site) {
  const why = (asset) => reasonText(asset, Date.parse(site.tick.at));
  const reasons = new Set(running.map(why));
  const isOne = reasons.size === 1;
  return said.running(running.map((asset) => [asset.id, flowing(powerKw(asset, site)), isOne ? "" : why(asset)]), isOne ? [...reasons][0] : "");
}

// Production sites without a meter: what all deliver, and what is missing.
function totalOf(site) {
  const { sources } = flowsOf(site);
  const delivered = sources.filter((one) => one.kind !== "rest").reduce((sum, one) => sum + one.w, 0) / 1000;
  const missing = site.shortfall > 0 ? said.short(kw(kwOfSteps(site.shortfall, site))) : said.carried;
  return said.total(kw(kwOfSteps(site.target_total, site)), kw(kwOfSteps(site.scheduled_total, site)), kw(delivered), missing);
}

function nextOf(plan, state) {
  const event = plan?.next_events.find((one) => new Date(one.at) > state.now);
  if (!event && plan) return followsBase(state.site, plan) ? said.base_goes_on : said.nothing_next;
  if (!event) return "";
  return said.next(moment(event.at, state.now), eventText(event, state.site));
}

export function eventText(event, site) {
  const asset = site.assets.find((one) => one.id === event.asset);
  if (event.target === null) return event.sentence;
  const target = kwOfSteps(event.target, site);
  return `${event.asset} ${asset?.kind ? flowing(target) : kw(target)}`;
}

// Whether the import limit is expected to hold, and when it is closest.
function closestOf(plan, state) {
  const most = extreme(plan?.grid_kw, (a, b) => a > b);
  const limit = plan?.import_limit_kw;
  if (!most || most.value <= 0 || !limit) return "";
  const at = moment(Number(new Date(plan.times[most.index])), state.now);
  return most.value > limit ? said.beyond(kw(most.value), kw(limit), at) : said.holds(kw(most.value), kw(limit), at);
}
