// What stands on the fleet's page: figures, sites as tiles, the worst first, activations.
import { h } from "../parts/dom.js";
import { age, clock, count, isKnown, minute, zoneName } from "../parts/format.js";
import { askToCallOff, askToOrder } from "./commands.js";
import { both, power } from "./power.js";
import { acknowledge, showSite } from "./site.js";
import { fleetWords as words } from "./words.js";

const MOST_TILES = 1000;
const MOST_WORST = 12;

export function drawHeader(state, isOld) {
  const { fleet, me } = state;
  const name = isOld ? (state.heardAt ? "lost" : "connecting") : "live";
  const said = { live: words.on_time, lost: words.no_connection, connecting: words.connecting }[name];
  const centre = fleet?.centre;
  const standing = h(
    "div",
    { class: "standing" },
    h("span", { class: "pill", "data-state": name }, h("span", { id: "connection", role: "status" }, said)),
    centre ? h("span", { id: "centre", class: "pill", "data-state": centre.active ? "automatic" : "override" }, centre.active ? words.active : words.waiting(centre.holder)) : null,
    centre && !centre.linked ? h("span", { class: "pill", "data-state": "lost" }, words.unlinked) : null,
    me ? h("span", { id: "who" }, me.role) : null,
    h("time", { id: "clock" }, clock(Date.now()), " ", h("small", {}, zoneName(Date.now()))),
  );
  return [h("a", { class: "brand", href: "#" }, h("img", { src: new URL("../icon.svg", import.meta.url).pathname, alt: "", width: 28, height: 28 }), h("b", { id: "site" }, fleet?.name ?? "energy_manager")), standing];
}

export function drawMain(state) {
  return [
    h("h1", { class: "visually-hidden" }, state.fleet.name),
    figures(state.fleet),
    h("div", { class: "pair" }, tiles(state.sites), worst(state)),
    h("section", { class: "card" }, h("div", { class: "head" }, h("h2", {}, words.course)), state.course?.times.length ? null : h("p", { class: "empty" }, words.no_course), h("div", { "data-keep": "course" })),
    activations(state),
  ];
}

function figures({ totals, activations: all }) {
  const standings = ["good", "alarm", "late", "lost"].filter((name) => totals[name]).map((name) => `${count(totals[name])} ${words.standing[name]}`);
  const [running] = all.filter((one) => !one.is_over);
  return h(
    "dl",
    { class: "fleet-figures" },
    figure(words.sites(totals.sites), standings.join(" · ") || words.all_well, "sites"),
    figure(power(totals.import_kw), words.import(totals.import_unknown, totals.import_kw < 0), "import"),
    figure(both(words.up, totals.up_kw, words.down, totals.down_kw), words.room, "room"),
    running
      ? figure(both("", running.seen_kw, ` ${words.of_} `, running.volume), words.ordered(running.id, minute(running.until)), "activation", running.missing_kw > 0)
      : figure(words.nothing_ordered, "", "activation"),
    figure(count(totals.alarms), words.alarms(totals.alarms, totals.acknowledged), "alarms", totals.alarms > 0),
  );
}

function figure(value, said, name, isAbnormal = false) {
  return h("div", { class: "card", "data-figure": name }, h("dt", {}, said), h("dd", { class: isAbnormal && "abnormal" }, value));
}

function tiles(sites) {
  const byName = [...sites].sort((one, other) => one.site.localeCompare(other.site, "en", { numeric: true })).slice(0, MOST_TILES);
  const grid = byName.map((site) =>
    h(
      "li",
      {},
      h("button", { type: "button", class: "tile", "data-key": site.site, "data-standing": site.standing, "aria-label": `${words.site(site.site)}, ${words.standing[site.standing]}`, onclick: () => showSite(site.site) }, words.mark[site.standing] + shortName(site.site)),
    ),
  );
  const said = sites.length >= MOST_TILES ? `${words.legend} · ${words.first(count(MOST_TILES))}` : words.legend;
  return h(
    "section",
    { class: "card" },
    h("div", { class: "head" }, h("h2", {}, words.grid), h("p", {}, said)),
    grid.length ? h("ul", { class: "tiles" }, grid) : h("p", { class: "empty" }, words.no_sites),
  );
}

const shortName = (name) => /[0-9]+$/.exec(name)?.[0] ?? (name.length > 8 ? `${name.slice(0, 7)}…` : name);

function worst({ sites, me }) {
  const may = me?.may.acknowledge ?? { allowed: false, why: words.may_not };
  const abnormal = sites.filter((site) => site.standing !== "good").slice(0, MOST_WORST);
  const rows = abnormal.map((site) =>
    h(
      "li",
      { "data-standing": site.standing },
      h("button", { type: "button", class: "plain", "data-key": site.site, onclick: () => showSite(site.site) }, h("b", { class: site.standing === "alarm" ? "abnormal high" : "abnormal" }, `${words.mark[site.standing]}${words.site(site.site)}: ${words.standing[site.standing]}`)),
      h("small", {}, [site.alarm, site.doubt, site.on_time === false ? words.not_on_time : "", site.clock ? words.clock(site.clock) : "", words.heard(isKnown(site.age_s) ? age(site.age_s) : null)].filter(Boolean).join(" · ")),
      acknowledging(site, may),
    ),
  );
  return h("section", { class: "card" }, h("div", { class: "head" }, h("h2", {}, words.worst)), rows.length ? h("ol", { class: "worst" }, rows) : h("p", { class: "empty" }, words.all_well));
}

// One press; who has seen it stands in place of the button, and the site stays where it is.
function acknowledging(site, may) {
  if (site.is_acknowledged) return h("small", { class: "seen" }, words.seen_by(site.acknowledged_by));
  if (site.standing === "alarm" && !site.alarms) return null;
  return h("button", { type: "button", class: "seen", disabled: !may.allowed, title: may.why || null, "aria-label": words.acknowledge_site(words.site(site.site)), onclick: () => acknowledge(site.site) }, words.acknowledge);
}

function activations(state) {
  const may = state.me?.may.schedule ?? { allowed: false, why: words.may_not };
  const button = h("button", { type: "button", class: "strong", id: "order", disabled: !may.allowed || !state.fleet.centre.active, title: may.why || null, onclick: () => askToOrder() }, words.order);
  const rows = state.fleet.activations.map((one) => row(one, may));
  return h(
    "section",
    { class: "card" },
    h("div", { class: "head" }, h("h2", {}, words.activations), h("div", {}, button)),
    rows.length ? h("ul", { class: "activations" }, rows) : h("p", { class: "empty" }, words.no_activations),
  );
}

function row(one, may) {
  const orders = Object.entries(one.orders).map(([name, number]) => `${number} ${name}`).join(" · ");
  const share = Math.min(1, one.volume ? one.seen_kw / one.volume : 0);
  const meter = h("meter", { min: 0, max: 1, value: share, "aria-label": words.seen });
  return h(
    "li",
    { "data-key": one.id },
    h("b", {}, one.id),
    h("span", {}, one.is_over ? `${words.direction[one.direction]} ${power(one.volume)}` : `${words.direction[one.direction]} ${both("", one.seen_kw, ` ${words.of_} `, one.volume)} ${words.seen}`),
    one.is_over ? h("span", {}) : meter,
    h("span", { class: one.missing_kw > 0 && "abnormal" }, one.missing_kw > 0 ? words.missing(power(one.missing_kw)) : ""),
    h("span", {}, one.is_over ? words.over : words.until(minute(one.until))),
    h("small", {}, [orders, one.reason, one.asked_by].filter(Boolean).join(" · ")),
    one.is_over ? null : h("button", { type: "button", disabled: !may.allowed, title: may.why || null, onclick: () => askToCallOff(one.id) }, words.call_off),
  );
}
