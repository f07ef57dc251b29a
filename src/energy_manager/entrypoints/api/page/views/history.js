// History: a day, week, month or year: power or energy as a picture, energy and money as tables, another day, CSV, and why.
import { chart } from "../parts/chart.js";
import { h } from "../parts/dom.js";
import { clock, count, day, dayKey, fullTime, inWords, kwh, money, timeZone } from "../parts/format.js";
import { SPANS, byAsset, csv, isDate, isKnown, periodOf, save, shifted } from "../period.js";
import { address, go } from "../place.js";
import { words } from "../words.js";
import { siteNow } from "../shell.js";
import { pictureOf } from "./history_picture.js";

const said = words.history;
const DAY_STEP_S = 300;
const LONGEST_MONEY_DAYS = 62;

export default {
  needs(place, state) {
    const { period, other } = wanted(place, state);
    const range = (one) => `from=${iso(one.from)}&to=${iso(one.to)}`;
    const now = siteNow(state);
    const every_s = period.to <= now ? 3600 : state.site.offers?.includes("simulation") ? 10 : 60;
    const asked = state.site.offers?.includes("simulation") ? 3600e3 : 60e3; // a simulated minute passes in no time
    const past = { from: period.from, to: Math.min(period.to, Math.max(period.from + asked, Math.ceil(now / asked) * asked)) };
    const history = (of, one, more = "") => ({ path: `api/v1/history?of=${of}${more}&${range(one)}&step=${DAY_STEP_S}`, every_s });
    const { site } = state;
    const needs = { energy: { path: `api/v1/energy?${range(past)}${place.asset ? `&asset=${encodeURIComponent(place.asset)}` : ""}`, every_s } };
    const isPaid = site.offers?.includes("savings") && period.to - period.from <= LONGEST_MONEY_DAYS * 86400e3;
    if (isPaid) needs.savings = { path: `api/v1/savings?${range(period)}`, every_s };
    if (place.at) needs.why = { path: `api/v1/decisions?asset=${encodeURIComponent(subjectOf(place, site))}&at=${encodeURIComponent(place.at)}`, every_s: 3600 };
    if (period.span !== "day") return needs;
    const ofDay = (suffix, one) => ({
      [`main${suffix}`]: place.asset ? history("asset", one, `&asset=${encodeURIComponent(place.asset)}`) : history("site", one),
      ...(site.offers?.includes("grid") && !place.asset ? { [`grid${suffix}`]: history("grid", one), [`use${suffix}`]: history("use", one) } : {}),
    });
    if (place.asset) needs.told = { path: `api/v1/history?asset=${encodeURIComponent(place.asset)}&${range(period)}&step=${DAY_STEP_S}`, every_s };
    const storage = place.asset ?? site.pcc?.storage;
    if (site.assets.some((asset) => asset.id === storage && asset.kind === "storage")) needs.stored = history("storage", period, `&asset=${encodeURIComponent(storage)}`);
    return { ...needs, ...ofDay("", period), ...(other ? ofDay("_other", other) : {}) };
  },
  draw(place, state) {
    const { period } = wanted(place, state);
    return [
      h("h1", { class: "visually-hidden" }, words.views.history),
      h("section", { class: "card" }, choices(place, period, state), h("div", { "data-keep": `picture ${period.span} ${place.asset ?? ""}` }), empty(state), whyForm(place, state)),
      place.at ? whyCard(place, state) : null,
      energyCard(place, period, state),
      moneyCard(period, state),
    ];
  },
  update(main, place, state) {
    const { period, other } = wanted(place, state);
    const element = main.querySelector('[data-keep^="picture"]');
    const panels = pictureOf(place, period, other, state);
    if (!panels.length) return;
    const said_of = said.picture(place.asset ?? state.site.site, titleOf(period));
    const isNow = period.from <= state.now && state.now < period.to && period.span === "day";
    chart(element, {
      label: said_of, from: iso(period.from), to: iso(period.to), now: isNow ? iso(Math.floor(state.now / 60e3) * 60e3) : null,
      time_zone: timeZone(), locale: words.locale, texts: words.chart, panels,
    });
  },
};

const iso = (ms) => new Date(ms).toISOString();

function wanted(place, state) {
  const today = dayKey(siteNow(state));
  const span = SPANS.includes(place.span) ? place.span : "day";
  const period = periodOf(span, isDate(place.day) ? place.day : today);
  return { period, other: span === "day" && isDate(place.beside) ? periodOf("day", place.beside) : null };
}

const titleOf = ({ span, first, next, from, to }) => (span === "day" ? day(from) : span === "year" ? first.slice(0, 4) : said.from_to(day(from), day(to - 1), first, next));

// The asset that is asked about: the chosen one, else the first that takes targets.
function subjectOf(place, site) {
  const takers = site.assets.filter((asset) => asset.kind !== "meter");
  return place.why ?? place.asset ?? site.pcc?.storage ?? takers[0]?.id ?? site.assets[0]?.id ?? "";
}

function choices(place, period, state) {
  const today = dayKey(state.now);
  const to = (more) => address({ ...place, view: "history", at: null, ...more });
  const isNewest = period.to > state.now;
  return h(
    "div",
    { class: "between" },
    h("h2", {}, titleOf(period)),
    h(
      "p",
      { class: "choices" },
      SPANS.map((span) => h("a", { href: to({ span: span === "day" ? null : span }), "aria-current": span === period.span && "true" }, said.spans[span])),
    ),
    h(
      "p",
      { class: "choices" },
      h("a", { href: to({ day: shifted(period.first, -1) }), "aria-label": said.earlier[period.span] }, "←"),
      dateField(said.date, period.first, today, (chosen) => go({ ...place, day: chosen || null, at: null })),
      isNewest ? null : h("a", { href: to({ day: period.next }), "aria-label": said.later[period.span] }, "→"),
      isNewest ? null : h("a", { href: to({ day: null }) }, said.newest[period.span]),
      period.span === "day" ? dateField(said.beside, place.beside ?? "", today, (chosen) => go({ ...place, beside: chosen || null })) : null,
    ),
    h("p", { class: "choices" }, assetField(place, state.site), h("button", { type: "button", onclick: () => exportCsv(place, period, state) }, said.csv)),
  );
}

const dateField = (label, value, max, chosen) => h("label", {}, label, h("input", { type: "date", value, max, "data-key": `${label} ${value}`, onchange: (event) => chosen(event.target.value) }));

function assetField(place, site) {
  const options = [["", said.whole_site], ...site.assets.map((asset) => [asset.id, asset.id])];
  return h(
    "label",
    {},
    said.of,
    h("select", { onchange: (event) => go({ ...place, asset: event.target.value || null, at: null }) }, options.map(([value, text]) => h("option", { value, selected: value === (place.asset ?? "") }, text))),
  );
}

function empty(state) {
  const { energy, main } = state.data;
  const error = energy?.error || main?.error;
  if (error) return h("p", { class: "abnormal" }, words.no_answer(error));
  if (!energy?.value) return h("p", { class: "empty" }, words.loading);
  return energy.value.days.some(isKnown) ? null : h("p", { class: "empty" }, said.nothing);
}

// Any instant of the day: the chart's cursor, or a time that is typed.
function whyForm(place, state) {
  const { period } = wanted(place, state);
  if (period.span !== "day") return null;
  const takers = state.site.assets.filter((asset) => asset.kind !== "meter");
  if (!takers.length) return null;
  return h(
    "form",
    {
      class: "choices",
      onsubmit: (event) => {
        event.preventDefault();
        const form = new FormData(event.target);
        const [hour, minutes, seconds = 0] = form.get("time").split(":").map(Number);
        go({ ...place, why: form.get("asset"), at: iso(instantOf(period, hour, minutes, seconds)) });
      },
    },
    h("label", {}, said.why_of, h("select", { name: "asset" }, takers.map((asset) => h("option", { value: asset.id, selected: asset.id === subjectOf(place, state.site) }, asset.id)))),
    h("label", {}, said.why_at, h("input", { name: "time", required: true, value: "12:00", size: 8, maxlength: 8, pattern: "([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d)?", autocomplete: "off" })),
    h("button", { type: "submit" }, said.why),
    h("button", { type: "button", onclick: (event) => takeCursor(event.target.form) }, said.cursor),
  );
}

function takeCursor(form) {
  const at = document.querySelector(".chart .plot")?.dataset.at;
  if (!at) return;
  form.elements.time.value = clock(at);
  form.requestSubmit();
}

// The instant at which the zone's clock shows this, on the day of the period; where clocks are changed, the first one.
function instantOf(period, hour, minutes, seconds) {
  const guess = period.from + 1000 * (3600 * hour + 60 * minutes + seconds);
  const shown = Number(clock(guess).slice(0, 2));
  return shown === hour ? guess : guess + 3600e3 * (hour - shown);
}

function whyCard(place, state) {
  const { value, error } = state.data.why ?? {};
  const asset = subjectOf(place, state.site);
  return h(
    "section",
    { class: "card", id: "why" },
    h("div", { class: "head" }, h("h2", {}, said.why_title(asset)), h("span", {}, fullTime(place.at))),
    error ? h("p", { class: "abnormal" }, words.no_answer(error)) : null,
    value ? h("ul", {}, value.sentences.map((sentence) => h("li", {}, inWords(sentence, new Date(place.at))))) : error ? null : h("p", {}, words.loading),
  );
}

function energyCard(place, period, state) {
  const days = state.data.energy?.value?.days;
  if (!days?.length) return null;
  const shown = state.site.assets.filter((asset) => !place.asset || asset.id === place.asset);
  return h(
    "section",
    { class: "card", id: "energy" },
    h("div", { class: "head" }, h("h2", {}, said.energy), h("span", {}, titleOf(period))),
    h(
      "table",
      { class: "stacked" },
      h("thead", {}, h("tr", {}, said.energy_columns.map((name, index) => h("th", { scope: "col", class: index ? "figure" : null }, name)))),
      h(
        "tbody",
        {},
        byAsset(days, shown).map(({ asset, delivered, taken, unknown }) => {
          const isMeter = asset.kind === "meter";
          return h(
            "tr",
            { "data-key": asset.id, "data-energy": asset.id },
            h("th", { scope: "row" }, h("a", { href: address({ view: "assets", asset: asset.id }) }, asset.id)),
            h("td", { class: "figure", "data-head": isMeter ? null : said.energy_columns[1] }, isMeter ? said.exported(kwh(delivered)) : kwh(delivered)),
            h("td", { class: "figure", "data-head": isMeter ? null : said.energy_columns[2] }, isMeter ? said.imported(kwh(taken)) : kwh(taken)),
            h("td", { class: "figure", "data-head": said.energy_columns[3] }, unknown ? said.minutes(count(unknown)) : said.all_known),
          );
        }),
      ),
    ),
  );
}

function moneyCard(period, state) {
  const { savings } = state.data;
  if (!state.site.offers?.includes("savings")) return h("p", { class: "small" }, said.no_prices);
  if (!savings) return h("p", { class: "small" }, said.money_too_long(LONGEST_MONEY_DAYS));
  const { days = [], currency, saved, possible } = savings.value ?? {};
  const amount = (value, [more, less]) => {
    if (!currency || value === null) return words.unknown;
    return `${value <= -0.005 ? less : more}${money(Math.abs(value), currency)}`;
  };
  return h(
    "section",
    { class: "card", id: "money" },
    h("div", { class: "head" }, h("h2", {}, said.money), h("span", {}, days.length ? said.saved(amount(saved, said.more_or_less), possible < saved ? null : amount(possible, ["", ""])) : "")),
    savings.error ? h("p", { class: "abnormal" }, words.no_answer(savings.error)) : null,
    days.length
      ? h(
          "table",
          { class: "stacked" },
          h("thead", {}, h("tr", {}, said.money_columns.map((name, index) => h("th", { scope: "col", class: index ? "figure" : null }, name)))),
          h("tbody", {}, days.map((one) => moneyRow(one, amount))),
        )
      : h("p", { class: "empty" }, said.no_money),
  );
}

function moneyRow(one, amount) {
  const columns = [[one.cost, said.paid_or_earned], [one.rule_cost, said.paid_or_earned], [one.saved, said.less_or_more], [one.possible < one.saved ? null : one.possible, ["", ""]]];
  return h(
    "tr",
    { "data-key": one.day },
    h("th", { scope: "row" }, h("a", { href: address({ view: "history", day: one.day }) }, day(`${one.day}T12:00:00Z`)), one.hours < 23 ? h("small", {}, said.hours(one.hours)) : null),
    columns.map(([value, ways], index) => h("td", { class: "figure", "data-head": said.money_columns[index + 1] }, amount(value, ways))),
  );
}

// What is on the screen, with times in UTC as ISO 8601; energy by asset and day, or the powers of the day.
function exportCsv(place, period, state) {
  const { main, energy } = state.data;
  const name = `${state.site.site} ${place.asset ?? ""} ${period.first} ${period.span}`.replace(/[^\p{L}\p{N}]+/gu, "_");
  if (period.span !== "day" || !main?.value) {
    const rows = (energy?.value?.days ?? []).map((one) => [one.from, one.to, one.asset, one.delivered_kwh, one.taken_kwh, one.unknown_min]);
    save(`${name}.csv`, csv([["from", "to", "asset", "delivered_kwh", "taken_kwh", "unknown_min"], ...rows]));
    return;
  }
  const documents = ["main", "grid", "use", "stored"].map((own) => state.data[own]?.value).filter(Boolean);
  const columns = documents.flatMap((one) => Object.entries(one.series).map(([series, { mean }]) => ({ name: `${one.of}_${series}_${one.unit.toLowerCase()}`, mean })));
  const { from, step_s } = main.value;
  const rows = main.value.series[Object.keys(main.value.series)[0]].mean.map((_, index) => [iso(Number(new Date(from)) + 1000 * step_s * index), ...columns.map(({ mean }) => mean[index])]);
  save(`${name}.csv`, csv([["time", ...columns.map((column) => column.name)], ...rows]));
}
