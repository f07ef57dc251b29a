// One site: how it stands, what it offers, why it has an order or none, what it reported.
import { get } from "../api.js";
import { fill, h } from "../parts/dom.js";
import { age, isKnown, kw, minute, money } from "../parts/format.js";
import { state } from "./app.js";
import { fleetWords as words } from "./words.js";

const MOST_EVENTS = 8;

export async function showSite(name) {
  const dialog = document.getElementById("command");
  dialog.setAttribute("aria-labelledby", "command-title");
  dialog.replaceChildren();
  fill(dialog, h("h2", { id: "command-title" }, words.site(name)), h("p", { class: "empty" }, words.loading), closeButton(dialog));
  if (!dialog.open) dialog.showModal();
  const running = state.fleet.activations.filter((one) => !one.is_over);
  const address = `api/v1/fleet/sites/${encodeURIComponent(name)}?limit=${MOST_EVENTS}`;
  try {
    const [site, ...reasons] = await Promise.all([get(address), ...running.map((one) => get(`api/v1/fleet/activations/${encodeURIComponent(one.id)}/explain?site=${encodeURIComponent(name)}`))]);
    dialog.replaceChildren();
    fill(dialog, content(site, reasons), closeButton(dialog));
  } catch (error) {
    fill(dialog, h("h2", { id: "command-title" }, words.site(name)), h("p", { class: "abnormal high", role: "alert" }, error.message), closeButton(dialog));
  }
}

const closeButton = (dialog) => h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog.close() }, words.close));

function content(site, reasons) {
  const { facts } = words;
  const shown = [
    [facts.standing, words.standing[site.standing]],
    [facts.delivers, kw(site.deliver_kw)],
    [facts.import, kw(site.import_kw)],
    [facts.up, kw(site.up_kw)],
    [facts.down, kw(site.down_kw)],
    ...(isKnown(site.up_eur_per_mwh) ? [[facts.price, `${Math.round(site.up_eur_per_mwh)} EUR/MWh`]] : []),
  ];
  const offers = site.offers.map((offer) => h("li", {}, words.offer(words.direction[offer.direction], kw(offer.volume), money(offer.activation_cost, "EUR"), offer.price_eur_per_mwh)));
  const events = site.events.map((event) => h("li", {}, h("b", {}, minute(event.at)), h("span", {}, [event.action, event.subject, event.reason].filter(Boolean).join(" · "))));
  return [
    h("h2", { id: "command-title" }, words.site(site.site)),
    h("p", { class: "small" }, words.heard(isKnown(site.age_s) ? age(site.age_s) : null)),
    site.alarm ? h("p", { class: "abnormal high" }, `■ ${site.alarm}`) : null,
    h("dl", { class: "figures" }, shown.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    reasons.map((reason) => [h("h3", {}, words.why(reason.activation)), h("ul", {}, reason.sentences.map((sentence) => h("li", {}, sentence)))]),
    h("h3", {}, words.offers),
    offers.length ? h("ul", {}, offers) : h("p", { class: "empty" }, words.no_offers),
    h("h3", {}, words.events),
    events.length ? h("ol", { class: "events" }, events) : h("p", { class: "empty" }, words.no_events),
  ];
}
