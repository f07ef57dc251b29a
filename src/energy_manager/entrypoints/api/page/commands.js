// What can be told by hand: an override of an asset, the end of one, the end of a schedule, a schedule of one's own.
import { press, refresh } from "./api.js";
import { drawEffect } from "./effect.js";
import { kwOfSteps, powerKw } from "./model.js";
import { openCommand } from "./parts/dialog.js";
import { h } from "./parts/dom.js";
import { flowing, instantOf, kw, localInput, timeZone } from "./parts/format.js";
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
  await press("DELETE", `api/v1/overrides/${encodeURIComponent(id)}`);
  await refresh();
}

// So is ending what was scheduled by hand; a planner's schedule is ended with a look at what that does, and for a reason.
export async function endByHand(id) {
  await press("DELETE", `api/v1/schedules/${encodeURIComponent(id)}`);
  await refresh();
}

export function activate(asset, now) {
  openCommand(ACTIVATE, { asset, way: "", power: "", from: localInput(now).slice(0, 16), minutes: "60", reason: "", id: `by-hand-${Date.now().toString(36)}` });
}

export function endSchedule(schedule) {
  openCommand(END, { schedule, reason: "" });
}

const select = (name, values, chosen) => h("select", { name, required: true, "data-key": name }, values.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));

const durationOption = (minutes) => [String(minutes), said.for_minutes(minutes)];

const reasonField = () => h("label", {}, said.reason, h("input", { name: "reason", required: true, maxlength: 200, autocomplete: "off", "data-focus": true }));

const OVERRIDE = {
  title: ({ asset }) => said.override(asset),
  fields(values, state) {
    const { allowed, why } = state.me.may.override_any;
    const durations = DURATIONS_MIN.filter((value) => allowed || value <= TECHNICIANS_MOST_MIN).map(durationOption);
    return [
      reasonField(),
      assetField(values, state),
      powerFields(values, state, ["release"]),
      h("label", {}, said.ends, select("minutes", durations, values.minutes)),
      allowed ? null : h("p", { class: "small" }, why),
    ];
  },
  request(values, { site }) {
    return { method: "POST", path: "api/v1/overrides", body: { asset: values.asset, ...targetOf(values, site), until: `${values.minutes}min`, reason: values.reason } };
  },
  button: ({ minutes }) => said.override_for(said.for_minutes(Number(minutes))),
  picture: drawEffect,
  follow: (state, sent) => following(state, sent.values.asset, sent),
};

function assetField({ asset }, { site }) {
  const assets = site.assets.filter((one) => one.kind !== "meter").map((one) => [one.id, one.id]);
  return h("label", {}, said.asset, select("asset", assets, asset));
}

// What an asset is to do, and how much: the fields that an override and an activation share.
function powerFields({ asset, way }, state, more = []) {
  const now = state.site.assets.find((one) => one.id === asset);
  const ways = { load: ["takes", "zero"], producer: ["delivers", "zero"] }[now?.kind] ?? ["delivers", "takes", "zero"];
  const chosen = [...ways, ...more].includes(way) ? way : ways[0];
  const step = state.site.power_unit === "kW" ? 1 : 0.001; // targets are whole steps of the site's unit
  const limit = kwOfSteps(chosen === "takes" ? now?.lowest : (now?.highest ?? now?.potential), state.site);
  const most = limit === null ? null : Math.abs(limit); // of its last reading: a full storage takes power later
  const power = () => h("input", { name: "power", type: "number", min: 0, step, required: true, inputmode: "decimal", "data-key": "power" });
  return [
    h("label", {}, said.way, select("way", [...ways, ...more].map((name) => [name, said.ways[name]]), chosen)),
    ["takes", "delivers"].includes(chosen) ? h("label", {}, said.power(most === null ? "" : kw(most)), power()) : null,
  ];
}

function targetOf({ way, power }, { power_unit }) {
  if (way === "release") return { release: true };
  if (way === "zero") return { target: 0 };
  const steps = Math.round(Number(power) * (power_unit === "kW" ? 1 : 1000));
  return { target: way === "takes" ? -steps : steps };
}

// Told, once a tick says that this command is what the asset follows; seen, once a newer reading follows what it was told.
function following(state, assetId, sent, isMine = (asset) => Boolean(asset.set_by_hand)) {
  const asset = state.site.assets.find((one) => one.id === assetId);
  const isToldNow = asset && isMine(asset) && state.site.tick.number > sent.tick;
  if (isToldNow && sent.told === undefined) Object.assign(sent, { told: state.site.tick.number, toldAt: performance.now() });
  const told = sent.told !== undefined;
  const [power, target] = [asset && powerKw(asset, state.site), kwOfSteps(asset?.target, state.site)];
  const isNewer = told && asset.status_age_s !== null && 1000 * asset.status_age_s < performance.now() - sent.toldAt;
  const isFollowed = power !== null && target !== null && Math.abs(power - target) <= Math.max(LEAST_TOLERANCE_KW, TOLERANCE * Math.abs(target));
  const seen = told && (asset.released || (isNewer && isFollowed));
  const text = asset?.released ? words.assets.released : asset?.kind === null ? kw(target) : flowing(target);
  return { told, seen, lines: { told: told ? said.told(sent.told, assetId, text) : said.not_told, seen: seen ? said.seen(assetId, text) : said.not_seen } };
}

// A schedule of one asset and one block, from a time on and for so long; it ends by itself like every schedule.
const ACTIVATE = {
  title: ({ asset }) => said.activate(asset),
  fields(values, state) {
    return [
      reasonField(),
      assetField(values, state),
      powerFields(values, state),
      h("label", {}, said.from(timeZone()), h("input", { name: "from", required: true, pattern: "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d", title: words.asset.an_instant, value: values.from })),
      h("label", {}, said.lasts, select("minutes", DURATIONS_MIN.map(durationOption), values.minutes)),
    ];
  },
  request({ asset, from, minutes, reason, id, ...more }, { site }) {
    const start = instantOf(`${from}:00`);
    const [begin, end] = [start, start + 60e3 * Number(minutes)].map((instant) => new Date(instant).toISOString());
    const body = { source: "manual", blocks: [{ start: begin, end, targets: { [asset]: targetOf(more, site).target } }] };
    return { method: "PUT", path: `api/v1/schedules/${encodeURIComponent(id)}?${new URLSearchParams({ reason })}`, body };
  },
  button: ({ minutes }) => said.activate_for(said.for_minutes(Number(minutes))),
  picture: drawEffect,
  follow(state, sent) {
    const { asset, id } = sent.values;
    return following(state, asset, sent, (one) => one.decided_by?.endsWith(id));
  },
};

const END = {
  title: ({ schedule }) => said.end(schedule),
  fields: () => [reasonField()],
  request: ({ schedule, reason }) => ({ method: "DELETE", path: `api/v1/schedules/${encodeURIComponent(schedule)}?${new URLSearchParams({ reason })}` }),
  button: () => said.end_now,
  picture: drawEffect,
  follow(state, sent) {
    const isOver = !(state.data.schedules?.value ?? []).some((one) => one.id === sent.values.schedule);
    const isNewTick = (state.site.tick?.number ?? 0) > sent.tick;
    return { told: isNewTick, seen: isOver && isNewTick, lines: { told: said.next_tick, seen: said.ended } };
  },
};
