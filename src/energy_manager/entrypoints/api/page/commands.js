// What can be told by hand: an override of an asset, the end of one, the end of a schedule, a schedule of one's own.
import { refresh, send } from "./api.js";
import { kwOfSteps, powerKw } from "./model.js";
import { openCommand } from "./parts/dialog.js";
import { h } from "./parts/dom.js";
import { flowing, kw } from "./parts/format.js";
import { words } from "./words.js";

const said = words.command;
const DURATIONS_MIN = [15, 30, 60, 120, 240, 480, 1440];
const TECHNICIANS_MOST_MIN = 120;
// An output counts as following its target within 5 % of what it was told, or 50 W.
const TOLERANCE = 0.05;
const LEAST_TOLERANCE_KW = 0.05;

// A button that does, or says why it may not be done.
export function commandButton(may, text, onclick, more = {}) {
  const { allowed, why } = may;
  return h("button", { type: "button", disabled: !allowed, title: why || null, onclick, ...more }, text);
}

export function overrideAsset(asset) {
  openCommand(OVERRIDE, { asset, way: "", power: "", minutes: "30", reason: "" });
}

// Giving back is one press, and asks nothing.
export async function giveBack(id) {
  await send("DELETE", `api/v1/overrides/${encodeURIComponent(id)}`);
  await refresh();
}

export function endSchedule(schedule) {
  openCommand(END, { schedule, reason: "" });
}

const select = (name, values, chosen) => h("select", { name, required: true, "data-key": name }, values.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));

const reasonField = (isFocus) => h("label", {}, said.reason, h("input", { name: "reason", required: true, maxlength: 200, autocomplete: "off", "data-focus": isFocus }));

const OVERRIDE = {
  title: ({ asset }) => said.override(asset),
  fields({ asset, way, minutes }, state) {
    const now = state.site.assets.find((one) => one.id === asset);
    const kind = now?.kind;
    const ways = { load: ["takes", "zero"], producer: ["delivers", "zero"] }[kind] ?? ["delivers", "takes", "zero"];
    const chosen = way || ways[0];
    const limit = kwOfSteps(chosen === "takes" ? now?.lowest : (now?.highest ?? now?.potential), state.site);
    const isAny = state.me.may.override_any.allowed;
    const most = isAny ? Infinity : TECHNICIANS_MOST_MIN;
    const durations = DURATIONS_MIN.filter((value) => value <= most).map((value) => [String(value), said.for_minutes(value)]);
    return [
      reasonField(true),
      h("label", {}, said.way, select("way", [...ways, "release"].map((name) => [name, said.ways[name]]), chosen)),
      ["takes", "delivers"].includes(chosen) ? h("label", {}, said.power(limit === null ? "" : kw(limit)), h("input", { name: "power", type: "number", min: 0, max: limit === null ? null : Math.abs(limit), step: "any", required: true, inputmode: "decimal", "data-key": "power" })) : null,
      h("label", {}, said.ends, select("minutes", durations, minutes)),
      isAny ? null : h("p", { class: "small" }, state.me.may.override_any.why),
    ];
  },
  request(values) {
    return { method: "POST", path: "api/v1/overrides", body: { asset: values.asset, ...targetOf(values), until: `${values.minutes}min`, reason: values.reason } };
  },
  button: ({ minutes }) => said.override_for(said.for_minutes(Number(minutes))),
  follow: (state, sent) => following(state, sent.values.asset, sent),
};

function targetOf({ way, power }) {
  if (way === "release") return { release: true };
  if (way === "zero") return { target: 0 };
  const steps = Math.round(Number(power) * stepsPerKw());
  return { target: way === "takes" ? -steps : steps };
}

let powerUnit = "kW";
const stepsPerKw = () => (powerUnit === "kW" ? 1 : 1000);

// Which unit the site's whole steps are; told by app.js whenever the site is new.
export function useUnit(unit) {
  powerUnit = unit;
}

// Told, once a tick says that the asset is set by hand; seen, once a newer reading follows what it was told.
function following(state, assetId, sent) {
  const asset = state.site.assets.find((one) => one.id === assetId);
  const isToldNow = Boolean(asset?.set_by_hand) && state.site.tick.number > sent.tick;
  if (isToldNow && sent.told === undefined) Object.assign(sent, { told: state.site.tick.number, toldAt: performance.now() });
  const told = sent.told !== undefined;
  const [power, target] = [asset && powerKw(asset, state.site), kwOfSteps(asset?.target, state.site)];
  const isNewer = told && asset.status_age_s !== null && 1000 * asset.status_age_s < performance.now() - sent.toldAt;
  const isFollowed = power !== null && target !== null && Math.abs(power - target) <= Math.max(LEAST_TOLERANCE_KW, TOLERANCE * Math.abs(target));
  const seen = told && (asset.released || (isNewer && isFollowed));
  const text = asset?.released ? words.assets.released : asset?.kind === null ? kw(target) : flowing(target);
  return { told, seen, lines: { told: told ? said.told(sent.told, assetId, text) : said.not_told, seen: seen ? said.seen(assetId, text) : said.not_seen } };
}

const END = {
  title: ({ schedule }) => said.end(schedule),
  fields: () => [reasonField(true)],
  request: ({ schedule, reason }) => ({ method: "DELETE", path: `api/v1/schedules/${encodeURIComponent(schedule)}?${new URLSearchParams({ reason })}` }),
  button: () => said.end_now,
  follow(state, sent) {
    const isOver = !(state.data.schedules?.value ?? []).some((one) => one.id === sent.values.schedule);
    const isNewTick = (state.site.tick?.number ?? 0) > sent.tick;
    return { told: isNewTick, seen: isOver && isNewTick, lines: { told: said.next_tick, seen: said.ended } };
  },
};
