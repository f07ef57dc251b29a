// Plan: the past solid, the plan dashed, forecasts with their band; how good it is; what is scheduled; activate and end.
import { activate, commandButton, endByHand, endSchedule } from "../commands.js";
import { courseSpec } from "../course.js";
import { courseNeeds, storagesOf } from "../course_needs.js";
import { formerOf } from "../former.js";
import { chart } from "../parts/chart.js";
import { h } from "../parts/dom.js";
import { inWords, moment } from "../parts/format.js";
import { address } from "../place.js";
import { words } from "../words.js";

const SPANS_H = [24, 48];
const said = words.plan;

const spanOf = (place) => ({ pastHours: 8, aheadHours: Number(place.hours) === 48 ? 48 : 24, step_s: 60 });
const shownAsset = (place, site) => place.asset ?? storagesOf(site)[0]?.id ?? null;

export default {
  needs: (place, { site }) => ({
    ...courseNeeds(site, spanOf(place), shownAsset(place, site)),
    schedules: { path: "api/v1/schedules?limit=200", every_s: 5 },
  }),
  draw: (place, state) => [
    h("h1", {}, words.views.plan),
    aboutCard(state),
    h(
      "section",
      { class: "card" },
      h("div", { class: "head" }, h("h2", {}, said.course), h("div", { class: "filters" }, spans(place), assets(place, state))),
      state.data.plan?.error && !state.data.plan.value ? h("p", { class: "empty" }, words.no_answer(state.data.plan.error)) : null,
      h("div", { "data-keep": "plan" }),
    ),
    schedulesCard(place, state),
  ],
  update(main, place, state) {
    const plan = state.data.plan?.value;
    if (!plan) return;
    const more = { former: formerOf(plan, state.site.site), asset: shownAsset(place, state.site) };
    chart(main.querySelector('[data-keep="plan"]'), courseSpec(state, spanOf(place), said.course, more));
  },
};

function aboutCard({ data, now }) {
  const plan = data.plan?.value;
  if (!plan) return h("section", { class: "card" }, h("h2", {}, said.about), h("p", { class: "empty" }, data.plan?.error || words.loading));
  const isPlanned = plan.made_at || plan.next_at;
  const facts = [
    [said.facts.made_at, plan.made_at ? moment(plan.made_at, now) : said.waiting],
    [said.facts.proof, inWords(plan.proof, now)],
    [said.facts.limited_by, inWords(plan.limited_by, now)],
    [said.facts.next_at, plan.next_at ? moment(plan.next_at, now) : ""],
  ].filter(([, value]) => value);
  const list = h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { class: name === said.facts.limited_by ? "abnormal" : null }, value))));
  return h("section", { class: "card", id: "about" }, h("div", { class: "head" }, h("h2", {}, said.about)), isPlanned ? list : h("p", { class: "empty" }, said.none));
}

function spans(place) {
  const chosen = spanOf(place).aheadHours;
  const links = SPANS_H.map((hours) => h("a", { href: address({ ...place, hours }), "aria-current": hours === chosen ? "true" : null }, said.hours(hours)));
  return h("nav", { class: "choices", "aria-label": said.span }, links);
}

function assets(place, { site, data }) {
  const planned = Object.keys(data.plan?.value?.assets ?? {});
  if (planned.length < 2) return null;
  const chosen = shownAsset(place, site);
  const choose = (event) => (location.hash = address({ ...place, asset: event.target.value }));
  const options = planned.map((id) => h("option", { value: id, selected: id === chosen }, id));
  return h("label", {}, h("span", { class: "visually-hidden" }, said.of_asset), h("select", { onchange: choose }, options));
}

function endButton({ id, source }, may) {
  const [text, end] = source === "manual" ? [said.end_by_hand, endByHand] : [said.end, endSchedule];
  return commandButton(may, text, () => end(id), { "aria-label": `${text} ${id}` });
}

function schedulesCard(place, state) {
  const { schedules } = state.data;
  const may = state.me.may.schedule;
  const rows = (schedules?.value ?? []).map((one) =>
    h(
      "tr",
      { "data-key": one.id },
      h("th", { scope: "row" }, one.id, h("small", {}, one.source)),
      h("td", {}, one.assets.join(", ")),
      h("td", { "data-head": said.schedule.from }, moment(one.start, state.now)),
      h("td", { "data-head": said.schedule.until }, one.end ? moment(one.end, state.now) : words.unknown),
      h("td", { class: "figure" }, endButton(one, may)),
    ),
  );
  const head = ["id", "assets", "from", "until"].map((name) => h("th", { scope: "col" }, said.schedule[name]));
  const first = shownAsset(place, state.site) ?? state.site.assets.find((one) => one.kind !== "meter")?.id;
  return h(
    "section",
    { class: "card" },
    h("div", { class: "head" }, h("h2", {}, said.schedules), first ? commandButton(may, said.activate, () => activate(first, state.now)) : null),
    rows.length ? h("table", { class: "schedules" }, h("thead", {}, h("tr", {}, head, h("td", {}))), h("tbody", {}, rows)) : h("p", { class: "empty" }, schedules?.error || said.schedules_none),
    may.allowed ? null : h("p", { class: "small" }, may.why),
  );
}
