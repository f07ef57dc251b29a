// Site: how store, planner and clock are, the devices' points with their ages, tokens, the site file as read, settings.
import { h } from "../parts/dom.js";
import { whyNot } from "../parts/form.js";
import { age, count, fullTime, moment, withLocalTimes } from "../parts/format.js";
import { stateText } from "../parts/table.js";
import { address } from "../place.js";
import { words } from "../words.js";

const said = words.site;

export default {
  needs: (place, state) => ({
    setup: { path: "api/v1/setup", every_s: 10 },
    ...(place.asset ? { device: { path: `api/v1/assets/${encodeURIComponent(place.asset)}`, every_s: 2 } } : {}),
    ...(state.me.may.manage_tokens.allowed ? { tokens: { path: "api/v1/tokens", every_s: 30 } } : {}),
  }),
  draw(place, state) {
    const { value, error } = state.data.setup ?? {};
    const title = h("h1", { class: "visually-hidden" }, words.views.site);
    if (error) return [title, h("p", { class: "card abnormal" }, words.no_answer(error))];
    if (!value) return [title, h("p", { class: "card" }, words.loading)];
    return [title, health(value, state), devices(place, state), tokens(state), file(value), settings(value, state)];
  },
};

const card = (id, name, aside, ...content) => h("section", { class: "card", id }, h("div", { class: "head" }, h("h2", {}, name), h("span", {}, aside ?? "")), content);
const fact = (name, value, more = null) => h("div", {}, h("dt", {}, name), h("dd", {}, value, more ? h("small", {}, more) : null));
const bad = (text) => h("span", { class: "abnormal high" }, `${words.alarms.priority.high} ${text}`);
const poor = (text) => h("span", { class: "abnormal" }, `${words.alarms.priority.medium} ${text}`); // the former plan holds

function health({ version, started_at, store, planner, master, clock }, state) {
  const made = planner && (planner.made_at ? said.made(moment(planner.made_at, state.now), moment(planner.next_at, state.now)) : said.not_made);
  return card(
    "health",
    said.health,
    said.version(version),
    h(
      "dl",
      { class: "named" },
      fact(said.started, fullTime(started_at)),
      fact(said.store, store.is_reachable && !store.trouble ? said.works : bad(store.trouble || said.away), said.waiting(count(store.waiting), count(store.dropped))),
      fact(said.planner, planner ? (planner.trouble ? poor(said.in_trouble) : made) : said.no_planner, planner ? withLocalTimes(planner.trouble || planner.proof, state.now) : null),
      fact(said.master, master.lost ? bad(master.lost) : said.commands, said.epoch(master.epoch)),
      fact(said.clock, clock.is_trusted ? said.trusted : bad(clock.why)),
    ),
  );
}

function devices(place, state) {
  const { assets } = state.site;
  return card(
    "devices",
    said.devices,
    said.devices_aside,
    h("table", { class: "stacked" }, h("thead", {}, h("tr", {}, said.device_columns.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, assets.map((asset) => device(asset, place)))),
    place.asset ? points(place.asset, state) : null,
  );
}

function device(asset, place) {
  return h(
    "tr",
    { "data-key": asset.id, "data-device": asset.id },
    h("th", { scope: "row" }, h("a", { href: address({ view: "site", asset: asset.id }), "aria-current": place.asset === asset.id && "true" }, asset.id)),
    h("td", {}, words.assets.kinds[asset.kind] ?? words.assets.kinds.unknown),
    h("td", {}, stateText(asset), asset.trouble ? h("small", {}, asset.trouble) : null),
    h("td", {}, asset.status_age_s === null ? words.assets.never : words.ago(age(asset.status_age_s))),
  );
}

function points(name, state) {
  const { value, error } = state.data.device ?? {};
  if (error) return h("p", { class: "abnormal" }, words.no_answer(error));
  if (!value) return h("p", {}, words.loading);
  const { device: known } = value;
  const counted = (calls) => Object.entries(calls).filter(([, times]) => times).map(([result, times]) => `${count(times)} ${result}`).join(", ");
  return h(
    "div",
    { id: "points", "data-key": `points ${name}` },
    h("h3", {}, said.points_of(name)),
    known.points.length
      ? h(
          "table",
          { class: "stacked" },
          h("thead", {}, h("tr", {}, said.point_columns.map((column, index) => h("th", { scope: "col", class: index ? "figure" : null }, column)))),
          h("tbody", {}, known.points.map(point)),
        )
      : h("p", { class: "empty" }, said.no_points),
    h(
      "dl",
      { class: "named" },
      Object.entries(known.calls ?? {}).map(([kind, calls]) => fact(said.calls(kind), counted(calls) || said.none)),
      fact(said.not_believed, count(known.implausible_readings)),
      known.rests_for_s ? fact(said.rests, bad(age(known.rests_for_s))) : null,
      known.only_read_for ? fact(said.only_read, known.only_read_for) : null,
      known.falls_back === null ? null : fact(said.falls_back, known.falls_back ? said.after(age(known.falls_back_after_s)) : said.never),
    ),
    known.last_errors.map((one) => h("p", { class: one.is_over ? "small" : "abnormal" }, `${said.calls(one.call)}: ${one.message} (${words.ago(age(one.age_s))}${one.is_over ? `, ${said.over}` : ""})`)),
  );
}

const point = (one) =>
  h(
    "tr",
    { "data-key": one.name },
    h("th", { scope: "row" }, one.name),
    h("td", { class: "figure" }, one.value === null ? words.unknown : `${one.value.toLocaleString(words.locale, { maximumSignificantDigits: 6 })} ${one.unit ?? ""}`),
    h("td", { class: "figure" }, one.age_s === null ? said.age_unknown : age(one.age_s)),
  );

function tokens(state) {
  const may = state.me.may.manage_tokens;
  const { value = [], error } = state.data.tokens ?? {};
  return card(
    "tokens",
    said.tokens,
    may.allowed ? count(value.length) : "",
    whyNot(may),
    error ? h("p", { class: "abnormal" }, words.no_answer(error)) : null,
    value.length
      ? h(
          "table",
          { class: "stacked" },
          h("thead", {}, h("tr", {}, said.token_columns.map((name) => h("th", { scope: "col" }, name)))),
          h("tbody", {}, value.map((token) => tokenRow(token, state))),
        )
      : null,
    may.allowed && !value.length && !error ? h("p", { class: "empty" }, said.no_tokens) : null,
    may.allowed ? h("p", { class: "small" }, said.tokens_hint) : null,
  );
}

function tokenRow(token, state) {
  const isOver = token.expires_at && new Date(token.expires_at) <= state.now;
  return h(
    "tr",
    { "data-key": token.name },
    h("th", { scope: "row" }, token.name),
    h("td", {}, token.role, token.household ? h("small", {}, said.of_home(token.household)) : null),
    h("td", {}, token.expires_at ? (isOver ? h("span", { class: "abnormal" }, said.expired(fullTime(token.expires_at))) : fullTime(token.expires_at)) : said.no_end),
    h("td", {}, said.made_by(token.created_by, fullTime(token.created_at))),
  );
}

function file({ site_file: site }) {
  return card("file", said.file, said.file_aside, h("details", {}, h("summary", {}, said.show), h("pre", { tabindex: 0, role: "region", "aria-label": said.file }, toml(site))));
}

// As a site file is written: tables, and a table of its own for each entry of a list.
function toml(document, name = "") {
  const isTable = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const isTables = (value) => Array.isArray(value) && value.length > 0 && value.every(isTable);
  const inside = (key) => (name ? `${name}.${key}` : key);
  const written = (value) => (isTable(value) ? `{ ${Object.entries(value).map(([key, inner]) => `${key} = ${written(inner)}`).join(", ")} }` : Array.isArray(value) ? `[${value.map(written).join(", ")}]` : JSON.stringify(value));
  const entries = Object.entries(document).filter(([, value]) => value !== null);
  const plain = entries.filter(([, value]) => !isTable(value) && !isTables(value)).map(([key, value]) => `${key} = ${written(value)}`);
  const tables = entries.filter(([, value]) => isTable(value)).map(([key, value]) => `\n[${inside(key)}]\n${toml(value, inside(key))}`);
  const lists = entries.filter(([, value]) => isTables(value)).flatMap(([key, value]) => value.map((one) => `\n[[${inside(key)}]]\n${toml(one, inside(key))}`));
  return [...plain, ...tables, ...lists].join("\n").replace(/^\n/, "");
}

function settings({ settings: known }, state) {
  const changed = known?.filter((one) => !one.is_default) ?? [];
  const row = (one) => h("tr", { "data-key": one.name }, h("th", { scope: "row" }, one.name), h("td", {}, one.value === "" || one.value === null ? words.unknown : String(one.value)));
  const table = (rows) => h("table", { class: "stacked" }, h("thead", { class: "visually-hidden" }, h("tr", {}, said.setting_columns.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows.map(row)));
  if (!known) return card("settings", said.settings, "", whyNot(state.me.may.manage_tokens));
  return card(
    "settings",
    said.settings,
    said.settings_aside(changed.length, known.length),
    changed.length ? table(changed) : h("p", { class: "empty" }, said.all_default),
    h("details", {}, h("summary", {}, said.show_all), table(known)),
  );
}
