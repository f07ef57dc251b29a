// One site: how it stands, what it offers, why it has an order or none, what it reported.
import { get, send } from "../api.js";
import { fill, h } from "../parts/dom.js";
import { age, isKnown, kw, minute, money } from "../parts/format.js";
import { refresh, state } from "./state.js";
import { fleetWords as words } from "./words.js";

const MOST_EVENTS = 8;

export async function showSite(name, said = "") {
  const dialog = document.getElementById("command");
  dialog.setAttribute("aria-labelledby", "command-title");
  dialog.replaceChildren();
  fill(dialog, h("h2", { id: "command-title" }, words.site(name)), h("p", { class: "empty" }, words.loading), closeButton(dialog));
  if (!dialog.open) dialog.showModal();
  const running = state.fleet.activations.filter((one) => !one.is_over);
  const address = `api/v1/fleet/sites/${encodeURIComponent(name)}?limit=${MOST_EVENTS}`;
  try {
    const [site, alarms, ...reasons] = await Promise.all([get(address), alarmsOf(name), ...running.map((one) => get(`api/v1/fleet/activations/${encodeURIComponent(one.id)}/explain?site=${encodeURIComponent(name)}`))]);
    dialog.replaceChildren();
    fill(dialog, said ? h("p", { class: "abnormal high", role: "alert" }, said) : null, content(site, alarms, reasons), closeButton(dialog));
  } catch (error) {
    fill(dialog, h("h2", { id: "command-title" }, words.site(name)), h("p", { class: "abnormal high", role: "alert" }, error.message), closeButton(dialog));
  }
}

const closeButton = (dialog) => h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog.close() }, words.close));

// The site's own word; a site that does not answer still shows what it last told.
async function alarmsOf(name) {
  const listed = state.sites.find((site) => site.site === name);
  if (!listed?.alarms && !listed?.acknowledged) return [];
  return get(`api/v1/fleet/sites/${encodeURIComponent(name)}/alarms`).then((answer) => answer.alarms, () => []);
}

function alarmRow(site, alarm, said = "") {
  const may = state.me?.may.acknowledge ?? { allowed: false, why: words.may_not };
  const seen = alarm.acknowledged_at ? words.acknowledged(alarm.acknowledged_by, minute(alarm.acknowledged_at)) : "";
  return h(
    "li",
    { "data-key": alarm.id },
    h("b", { class: "abnormal high" }, `■ ${alarm.subject}: ${alarm.what}`),
    h("p", { class: "small" }, [words.since(minute(alarm.since)), alarm.consequence, alarm.done, seen].filter(Boolean).join(" · ")),
    h("p", { class: "abnormal high", role: "alert", hidden: !said }, said),
    seen ? null : h("button", { type: "button", disabled: !may.allowed, title: may.why || null, onclick: (event) => acknowledgeAlarm(site, alarm, event.target.closest("li")) }, words.acknowledge),
  );
}

// All that is wrong with a site; what the centre refuses is said in the site's own window.
export async function acknowledge(site) {
  const answer = await send("POST", `api/v1/fleet/sites/${encodeURIComponent(site)}/acknowledge`, {});
  if (!answer.ok) await showSite(site, words.refused(answer.body?.message ?? `HTTP ${answer.status}`));
  refresh();
}

async function acknowledgeAlarm(site, alarm, row) {
  const answer = await send("POST", `api/v1/fleet/sites/${encodeURIComponent(site)}/alarms/${encodeURIComponent(alarm.id)}/acknowledge`, {});
  const now = answer.ok ? answer.body : alarm;
  row.replaceWith(alarmRow(site, now, answer.ok ? "" : words.refused(answer.body?.message ?? `HTTP ${answer.status}`)));
  refresh();
}

function content(site, alarms, reasons) {
  const { facts } = words;
  const shown = [
    [facts.standing, words.standing[site.standing]],
    [site.deliver_kw < 0 ? facts.takes : facts.delivers, kw(site.deliver_kw)],
    [site.import_kw < 0 ? facts.export : facts.import, kw(site.import_kw)],
    [facts.up, kw(site.up_kw)],
    [facts.down, kw(site.down_kw)],
    ...(isKnown(site.connection_kw) ? [[facts.connection, kw(site.connection_kw)]] : []),
    ...(isKnown(site.up_eur_per_mwh) ? [[facts.price, `${Math.round(site.up_eur_per_mwh)} EUR/MWh`]] : []),
  ];
  const offers = site.offers.map((offer) => h("li", {}, words.offer(words.direction[offer.direction], kw(offer.volume), money(offer.activation_cost, "EUR"), offer.price_eur_per_mwh)));
  const events = site.events.map((event) => h("li", {}, h("b", {}, minute(event.at)), h("span", {}, [event.action, event.subject, event.reason].filter(Boolean).join(" · "))));
  return [
    h("h2", { id: "command-title" }, words.site(site.site)),
    h("p", { class: "small" }, words.heard(isKnown(site.age_s) ? age(site.age_s) : null)),
    alarms.length ? h("ul", { class: "site-alarms" }, alarms.map((alarm) => alarmRow(site.site, alarm))) : site.alarm ? h("p", { class: "abnormal high" }, `■ ${site.alarm}`) : null,
    site.doubt ? h("p", { class: "abnormal high" }, `■ ${site.doubt}`) : null,
    site.clock ? h("p", { class: "abnormal high" }, `■ ${words.clock(site.clock)}`) : null,
    h("dl", { class: "figures" }, shown.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    reasons.map((reason) => [h("h3", {}, words.why(reason.activation)), h("ul", {}, reason.sentences.map((sentence) => h("li", {}, sentence)))]),
    h("h3", {}, words.offers),
    offers.length ? h("ul", {}, offers) : h("p", { class: "empty" }, words.no_offers),
    h("h3", {}, words.events),
    events.length ? h("ol", { class: "events" }, events) : h("p", { class: "empty" }, words.no_events),
  ];
}
