// Against the limits, and today: grid connection, storage, price, energy, money.
import { centsOf } from "../course.js";
import { storagesOf } from "../course_needs.js";
import { extreme, gridOf, hasHiddenSun, todayOf, valueAt } from "../model.js";
import { h } from "../parts/dom.js";
import { age, dayKey, digits, flowing, kw, kwh, minute, moment, money, percent } from "../parts/format.js";
import { gauge } from "../parts/gauge.js";
import { words } from "../words.js";

const MOST_STORAGES = 3;
const said = words.limits;

export function limitsCard(state) {
  const gauges = [gridGauge(state), ...storagesOf(state.site).slice(0, MOST_STORAGES).map((storage) => storageGauge(storage, state)), priceLine(state)];
  const title = gauges.some(Boolean) ? said.title : said.today;
  return h("section", { class: "card limits" }, h("div", { class: "head" }, h("h2", {}, title), h("p", {}, said.since)), gauges, today(state));
}

function gridGauge(state) {
  const { pcc } = state.site;
  if (!pcc) return null;
  const power = gridOf(state.site);
  const { import_limit_kw: most, export_limit_kw: least } = pcc;
  const isOver = power !== null && (isBeyond(power, most) || isBeyond(-power, least));
  const peak = extreme(state.data.grid?.value?.series.import.mean, (a, b) => a > b);
  const room = power === null ? "" : said.room(kw(Math.max(0, power >= 0 ? most - power : least + power)));
  return [
    line(h("span", {}, said.grid), said.limits_are(kw(most), kw(least))),
    line(
      [h("b", { class: isOver ? "abnormal high" : null, id: "grid-power" }, `${isOver ? "■ " : ""}${flowing(power, words.grid_flow)}`), " ", h("small", {}, isOver ? said.over : room)],
      peak && peak.value > 0 ? said.peak(kw(peak.value)) : "",
    ),
    gauge({
      least: -least, most, value: power, isOver, look: "grid", label: `${said.grid}: ${flowing(power, words.grid_flow)}`,
      marks: [{ at: -least, name: "limit" }, { at: most, name: "limit" }, ...(peak && peak.value > 0 ? [{ at: peak.value, name: "peak" }] : [])],
    }),
  ];
}

// Where both read alike, the loop holds the limit, and swings about it by the noise of its meter.
const isBeyond = (power, limit) => power > limit && kw(power) !== kw(limit);

function storageGauge(storage, state) {
  const { stored_wh, capacity_wh } = storage;
  if (stored_wh === null) return capacity_wh ? line(h("span", {}, storage.id), words.not_measured) : null;
  const plan = state.data.plan?.value;
  const ahead = plan?.assets[storage.id]?.stored_kwh;
  const [most, least] = [extreme(ahead, (a, b) => a > b), extreme(ahead, (a, b) => a < b)];
  const when = (one) => moment(plan.times[one.index], state.now);
  const share = (wh) => (capacity_wh ? percent(wh / capacity_wh) : kwh(wh / 1000));
  const course = most && most.value - least.value > 0.05 ? said.course(share(1000 * most.value), when(most), share(1000 * least.value), when(least)) : "";
  const full = capacity_wh ? gauge({ least: 0, most: capacity_wh, value: stored_wh, look: "storage", label: `${storage.id}: ${share(stored_wh)}` }) : null;
  return [
    line(h("span", {}, storage.id), capacity_wh ? said.holds(kwh(capacity_wh / 1000), words.ago(age(storage.status_age_s))) : words.ago(age(storage.status_age_s))),
    line([h("b", {}, share(stored_wh)), " ", h("small", {}, capacity_wh ? kwh(stored_wh / 1000) : "")], course),
    full,
  ];
}

function priceLine(state) {
  const plan = state.data.plan?.value;
  if (!plan?.forecasts.price) return null;
  const { unit, values } = centsOf(plan.forecasts.price);
  const price = valueAt(plan.from, plan.step_s, values, state.now);
  if (price === null) return null;
  const most = extreme(values, (a, b) => a > b);
  const step = 1000 * plan.step_s;
  const until = Date.parse(plan.from) + step * (1 + Math.floor((state.now - Date.parse(plan.from)) / step));
  return [line(h("span", {}, said.price), said.highest(digits(most.value), moment(plan.times[most.index], state.now))), line([h("b", {}, digits(price)), ` ${unit}`, price < 0 ? ` ${said.paid}` : ""], said.until(minute(until)))];
}

const line = (left, right) => h("p", { class: "line" }, h("span", {}, left), h("small", {}, right));

function today(state) {
  const energy = state.data.energy?.value;
  if (!energy) return h("p", { class: "empty" }, state.data.energy?.error || words.loading);
  const day = todayOf(energy, state.site, hasHiddenSun(state.site, state.data.plan?.value, energy));
  const savings = state.data.savings?.value;
  const paid = savings?.days.find((one) => one.day === dayKey(state.now));
  const figures = [
    [day.imported, kwh, said.imported],
    [day.exported, kwh, said.exported],
    [day.use, kwh, said.used],
    [day.produced || null, kwh, said.produced],
    [day.imported === null ? day.taken || null : null, kwh, said.taken],
    [day.imported === null ? day.delivered || null : null, kwh, said.delivered],
    [day.own_share, percent, said.own_share],
    paidFor(paid?.cost, savings, said.cost),
    paidFor(paid?.rule_cost, savings, said.without),
  ].filter(([value]) => value !== null && value !== undefined);
  return [
    figures.length ? h("dl", { class: "figures" }, figures.map(([value, text, name]) => h("div", {}, h("dt", {}, name), h("dd", {}, text(value))))) : h("p", { class: "empty" }, said.nothing_recorded),
    day.unknown_min > 1 ? h("p", { class: "small" }, said.unknown(age(60 * day.unknown_min))) : null,
  ];
}

// What costs less than nothing is earned: no bare sign.
function paidFor(value, savings, [spent, earned]) {
  return [value, () => money(Math.abs(value), savings.currency), value < 0 ? earned : spent];
}
