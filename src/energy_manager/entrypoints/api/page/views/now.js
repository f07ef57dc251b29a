// Now: what happens, why, and what comes next; the last hours and the plan on one axis.
import { commandButton, overrideAsset } from "../commands.js";
import { courseSpec } from "../course.js";
import { courseNeeds, NOW_SPAN } from "../course_needs.js";
import { flowsOf, followsBase, hasHiddenSun } from "../model.js";
import { chart } from "../parts/chart.js";
import { h } from "../parts/dom.js";
import { flow } from "../parts/flow.js";
import { age, moment, withLocalTimes } from "../parts/format.js";
import { assetTable } from "../parts/table.js";
import { address } from "../place.js";
import { eventText, sentenceOf } from "../sentence.js";
import { words } from "../words.js";
import { limitsCard } from "./now_limits.js";

const MOST_ASSETS = 12;
const MOST_EVENTS = 6;

export default {
  name: "now",
  permission: "see",
  needs: (place, { site }) => ({
    ...courseNeeds(site, NOW_SPAN),
    energy: { path: "api/v1/energy?from=-1s", every_s: 60 },
    ...(site.offers?.includes("savings") ? { savings: { path: "api/v1/savings?from=-1d", every_s: 120 } } : {}),
  }),
  draw: (place, state) => [
    headline(state),
    h("div", { class: "pair" }, flowCard(state), limitsCard(state)),
    h("section", { class: "card" }, h("div", { class: "head" }, h("h2", {}, words.now.course)), h("div", { "data-keep": "course" })),
    h("div", { class: "pair even" }, nextCard(state), assetsCard(state.site)),
  ],
  update(main, place, state) {
    if (!state.data.plan?.value && !state.data.plan?.error) return;
    chart(main.querySelector('[data-keep="course"]'), courseSpec(state, NOW_SPAN, words.now.course));
  },
};

function headline(state) {
  const { what, next } = sentenceOf(state);
  const subject = state.site.pcc?.storage ?? state.site.assets[0]?.id;
  const why = subject && h("a", { class: "button", href: address({ view: "assets", asset: subject }) }, words.now.why);
  const controlled = state.site.pcc?.storage ?? state.site.assets.find((asset) => asset.kind !== "meter")?.id;
  const override = controlled && commandButton(state.me.may.override, words.asset.override_button, () => overrideAsset(controlled));
  return h("div", { class: "headline" }, h("h1", {}, h("span", { class: "visually-hidden" }, `${words.views.now}: `), h("b", {}, what), " ", h("span", {}, next)), h("div", { class: "actions" }, why, override));
}

function flowCard({ site, data }) {
  const flows = flowsOf(site, { isNet: hasHiddenSun(site, data.plan?.value, data.energy?.value) });
  return h("section", { class: "card flow-card" }, h("div", { class: "head" }, h("h2", {}, words.now.flow), flows.oldest_s === null ? null : h("p", {}, words.now.measured(age(flows.oldest_s)))), flow(flows));
}

function nextCard(state) {
  const plan = state.data.plan;
  const events = (plan?.value?.next_events ?? []).filter((event) => new Date(event.at) > state.now).slice(0, MOST_EVENTS);
  const rows = events.map((event) => h("li", {}, h("b", {}, moment(event.at, state.now)), h("span", {}, eventText(event, state.site))));
  return h(
    "section",
    { class: "card" },
    h("div", { class: "head" }, h("h2", {}, words.now.next), h("p", {}, madeText(plan?.value, state.now))),
    plan?.error && !plan.value ? h("p", { class: "empty" }, words.no_answer(plan.error)) : null,
    rows.length ? h("ol", { class: "events" }, rows) : h("p", { class: "empty" }, followsBase(state.site, plan?.value) ? words.now.base_goes_on : words.now.nothing_next),
    plan?.value?.limited_by ? h("p", { class: "abnormal" }, `${words.alarms.priority.medium} ${withLocalTimes(plan.value.limited_by, state.now)}`) : null,
  );
}

export function madeText(plan, now) {
  if (!plan?.made_at) return "";
  return words.plan.made(moment(plan.made_at, now), plan.next_at ? moment(plan.next_at, now) : words.unknown);
}

function assetsCard(site) {
  const abnormal = site.assets.filter((asset) => asset.state !== "ok").length;
  const head = h("div", { class: "head" }, h("h2", {}, words.views.assets), h("p", {}, words.assets.summary(site.assets.length, abnormal)));
  return h("section", { class: "card" }, head, assetTable(site, site.assets, { most: MOST_ASSETS, more: { view: "assets" } }));
}
