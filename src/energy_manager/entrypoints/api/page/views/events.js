// Events: the alarms that are active with what they mean, and the log of alarms, commands, plans and starts.
import { press, refresh, send } from "../api.js";
import { h } from "../parts/dom.js";
import { ask, command, whyNot } from "../parts/form.js";
import { age, moment, secondOf } from "../parts/format.js";
import { address } from "../place.js";
import { words } from "../words.js";

const PAGE = 50;
const KINDS = ["all", "alarm", "command", "plan", "start"];
const said = words.events;

export default {
  needs: (place) => ({ log: { path: `api/v1/events?${query(place)}`, every_s: 3 } }),
  draw(place, state) {
    const known = state.data.log?.value;
    return [
      h("h1", { class: "visually-hidden" }, words.views.events),
      state.data.log?.error ? h("p", { class: "card abnormal" }, words.no_answer(state.data.log.error)) : null,
      active(known, state),
      log(known, place, state),
    ];
  },
};

function query({ kind, about, before }) {
  const asked = { limit: PAGE, ...(KINDS.includes(kind) && kind !== "all" ? { kind } : {}), ...(about ? { subject: about } : {}), ...(before ? { before } : {}) };
  return new URLSearchParams(asked);
}

function active(known, state) {
  const alarms = known?.active ?? [];
  const open = alarms.filter((alarm) => !alarm.acknowledged_at).length;
  const shelved = alarms.filter((alarm) => alarm.shelved).length;
  return h(
    "section",
    { class: "card", id: "active" },
    h("div", { class: "head" }, h("h2", {}, said.active), h("span", {}, known ? (alarms.length ? said.summary(alarms.length, open, shelved) : null) : words.loading)),
    known && !alarms.length ? h("p", { class: "empty" }, said.none) : null,
    alarms.length ? table(alarms, state) : null,
    alarms.length ? [whyNot(state.me.may.acknowledge), whyNot(state.me.may.shelve)] : null,
  );
}

function table(alarms, state) {
  return h(
    "table",
    { class: "stacked alarms" },
    h("thead", {}, h("tr", {}, said.columns.map((name) => (name ? h("th", { scope: "col" }, name) : h("td"))))),
    h("tbody", {}, alarms.map((alarm) => row(alarm, state))),
  );
}

function row(alarm, state) {
  const { may } = state.me;
  const mark = alarm.acknowledged_at ? "" : `${words.alarms.priority[alarm.priority]} `;
  const isAsset = state.site.assets.some((asset) => asset.id === alarm.subject);
  return h(
    "tr",
    { "data-key": alarm.id, "data-alarm": alarm.id, "data-priority": alarm.priority, class: alarm.acknowledged_at || alarm.shelved ? "seen" : null },
    h("th", { scope: "row" }, moment(alarm.since, state.now), h("small", {}, age((state.now - new Date(alarm.since)) / 1000))),
    h("td", { class: "priority" }, `${mark}${said.priority[alarm.priority]}`),
    h("td", {}, isAsset ? h("a", { href: address({ view: "assets", asset: alarm.subject }) }, alarm.subject) : alarm.subject),
    h("td", {}, h("b", {}, alarm.what), h("small", {}, alarm.consequence)),
    h("td", {}, alarm.done || said.nothing_done, attention(alarm, state)),
    h(
      "td",
      {},
      h("div", { class: "actions" }, alarm.acknowledged_at ? null : command(words.alarms.acknowledge, may.acknowledge, () => acknowledge(alarm.id), { class: "strong", "aria-label": `${words.alarms.acknowledge}: ${alarm.what}` }),
      alarm.shelved ? null : command(said.shelve, may.shelve, () => shelve(alarm), { "aria-label": said.shelve_title(alarm.what) })),
    ),
  );
}

function attention(alarm, state) {
  const lines = [
    alarm.acknowledged_at && said.acknowledged(alarm.acknowledged_by, moment(alarm.acknowledged_at, state.now)),
    alarm.shelved && said.shelved(alarm.shelved_by, moment(alarm.shelved_until, state.now)),
  ];
  return lines.filter(Boolean).map((line) => h("small", {}, line));
}

async function acknowledge(id) {
  await press("POST", `api/v1/events/${encodeURIComponent(id)}/acknowledge`);
  await seen();
}

function shelve(alarm) {
  ask({
    title: said.shelve_title(alarm.what),
    about: said.shelve_about,
    fields: [
      { name: "until", label: said.for, type: "select", options: said.durations, value: "2h" },
      { name: "reason", label: said.reason, required: true, maxlength: 200 },
    ],
    button: words.events.shelve.replace(" …", ""),
    send: (values) => send("POST", `api/v1/events/${encodeURIComponent(alarm.id)}/shelve`, values),
    done: seen,
  });
}

// The alarm bar shows the same alarms as the view.
const seen = () => Promise.all([refresh("log"), refresh("events")]);

function log(known, place, state) {
  const { log: lines = [], next = null, log_fault: fault = "" } = known ?? {};
  return h(
    "section",
    { class: "card", id: "log" },
    h("div", { class: "head" }, h("h2", {}, said.log), h("span", {}, place.about ? said.only_about(place.about) : said.everything)),
    filters(place),
    fault ? h("p", { class: "abnormal" }, said.fault(fault)) : null,
    known && !lines.length && !fault ? h("p", { class: "empty" }, said.empty) : null,
    lines.length
      ? h(
          "table",
          { class: "stacked log" },
          h("thead", {}, h("tr", {}, said.log_columns.map((name) => h("th", { scope: "col" }, name)))),
          h("tbody", {}, lines.map((line) => entry(line, place, state))),
        )
      : null,
    h(
      "p",
      { class: "links" },
      place.before ? h("a", { href: address({ ...place, before: null }) }, said.newest) : null,
      next ? h("a", { href: address({ ...place, before: next }) }, said.older) : null,
    ),
  );
}

function filters(place) {
  const chosen = KINDS.includes(place.kind) ? place.kind : "all";
  return h(
    "p",
    { class: "choices" },
    h("span", {}, said.filter),
    KINDS.map((kind) => h("a", { href: address({ ...place, kind: kind === "all" ? null : kind, before: null }), "aria-current": kind === chosen && "true" }, said.kinds[kind])),
    place.about ? h("a", { href: address({ ...place, about: null, before: null }) }, said.everything) : null,
  );
}

function entry(line, place, state) {
  const subject = line.subject || state.site.site;
  return h(
    "tr",
    { "data-key": `line ${line.number}`, "data-kind": line.kind },
    h("th", { scope: "row" }, h("time", { datetime: line.at }, secondOf(line.at, state.now))),
    h("td", {}, line.kind === "alarm" ? (said.alarm_actions[line.action] ?? line.action) : said.kind[line.kind]),
    h("td", {}, line.kind === "alarm" && line.reason ? line.reason : (said.actions[line.action] ?? line.action), line.outcome === "done" ? null : h("small", { class: "abnormal" }, line.outcome), more(line)),
    h("td", {}, h("a", { href: address({ ...place, about: subject, before: null }) }, subject)),
    h("td", {}, line.kind === "alarm" || !line.who ? said.by_itself : line.who, line.role ? h("small", {}, [line.role, line.from].filter(Boolean).join(", ")) : null),
  );
}

// Why, and what is different since: documents as they were kept, for whoever opens them.
function more({ kind, reason, before, after, number }) {
  const version = kind === "start" && after?.version ? h("small", {}, said.version(after.version)) : null;
  const documents = kind === "command" && (before !== null || after !== null);
  return [
    reason && kind !== "alarm" ? h("small", {}, reason) : null,
    version,
    documents ? h("details", { "data-key": `documents ${number}` }, h("summary", {}, said.documents), h("pre", {}, JSON.stringify({ before, after }, null, 1))) : null,
  ];
}
