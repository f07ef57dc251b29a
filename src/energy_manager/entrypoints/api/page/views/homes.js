// Homes: what is booked against the threshold, the timetable as bars, requests with their reason; ask, move, cancel.
import { refresh, send } from "../api.js";
import { isMeasured } from "../model.js";
import { chart } from "../parts/chart.js";
import { h, svg } from "../parts/dom.js";
import { ask, command, whyNot } from "../parts/form.js";
import { age, count, kw, kwh, minute, moment, percent, timeZone } from "../parts/format.js";
import { address } from "../place.js";
import { words } from "../words.js";

const said = words.homes;
const HOUR_MS = 3600e3;
const MOST_AHEAD_MS = 24 * HOUR_MS;
const ROUND_MS = HOUR_MS / 2;
const MOST_CARDS = 6;
const MOST_RUNS = 12;
const ORDER = ["running", "paused", "pending", "missed", "rejected", "finished", "cancelled"];
// What the server answered to the last request of each home: told until the next one.
const answers = new Map();

export default {
  needs: () => ({
    homes: { path: "api/v1/households?limit=200", every_s: 5 },
    timetable: { path: "api/v1/appliances/timetable", every_s: 3 },
  }),
  draw(place, state) {
    const homes = state.data.homes?.value;
    const timetable = state.data.timetable?.value;
    const error = state.data.homes?.error || state.data.timetable?.error;
    const title = h("h1", { class: "visually-hidden" }, words.views.homes);
    if (error) return [title, h("p", { class: "card abnormal" }, words.no_answer(error))];
    if (!homes || !timetable) return [title, h("p", { class: "card" }, words.loading)];
    if (!homes.length) return [title, h("p", { class: "card empty" }, said.none)];
    const shown = chosen(homes, place);
    return [
      title,
      timetable.is_attended ? null : h("p", { class: "card abnormal" }, said.unattended),
      shown.length ? shown.map((home) => card(home, timetable, state)) : overview(homes, timetable),
      place.asset && homes.length > 1 ? h("p", {}, h("a", { href: address({ view: "homes" }) }, said.all)) : null,
    ];
  },
  update(main, place, state) {
    const timetable = state.data.timetable?.value;
    for (const home of chosen(state.data.homes?.value ?? [], place)) {
      const element = main.querySelector(`[data-keep="${CSS.escape(`use ${home.id}`)}"]`);
      const own = timetable?.households.find((one) => one.id === home.id);
      if (element && own) chart(element, course(home, own, runsOf(home, timetable), state));
    }
  },
};

function chosen(homes, place) {
  if (place.asset) return homes.filter((home) => home.id === place.asset);
  return homes.length <= MOST_CARDS ? homes : [];
}

function overview(homes, timetable) {
  const running = (home) => timetable.runs.filter((run) => run.household === home.id && run.status === "running").length;
  return h(
    "section",
    { class: "card" },
    h("div", { class: "head" }, h("h2", {}, said.count(count(homes.length)))),
    h(
      "table",
      { class: "stacked" },
      h("thead", {}, h("tr", {}, said.columns.map((name) => h("th", { scope: "col" }, name)))),
      h(
        "tbody",
        {},
        homes.map((home) =>
          h(
            "tr",
            { "data-key": home.id },
            h("th", { scope: "row" }, h("a", { href: address({ view: "homes", asset: home.id }) }, home.id)),
            h("td", {}, said.booked(kw(home.booked_w / 1000), kw(home.threshold_w / 1000))),
            h("td", {}, said.running(running(home))),
            h("td", { class: home.alerts.length ? "abnormal" : null }, home.alerts.length ? said.alerts(home.alerts.length) : said.well),
          ),
        ),
      ),
    ),
  );
}

const runsOf = (home, timetable) => timetable.runs.filter((run) => run.household === home.id);

function card(home, timetable, state) {
  const may = state.me.may.request_runs;
  const runs = runsOf(home, timetable).sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || new Date(b.requested_at) - new Date(a.requested_at));
  return h(
    "section",
    { class: "card home", "data-key": home.id, "data-home": home.id },
    h("div", { class: "head" }, h("h2", {}, home.id), h("span", {}, said.strategy[home.strategy] ?? home.strategy)),
    standing(home, runs, state.site),
    home.alerts.slice(-3).map((alert) => h("p", { class: "abnormal" }, `◆ ${moment(alert.at, state.now)} ${alert.message}`)),
    h("div", { "data-keep": `use ${home.id}` }),
    h("div", { class: "between" }, h("h3", {}, said.timetable), command(said.ask, may, () => askForRun(home), { class: "strong", "aria-label": said.ask_in(home.id) })),
    whyNot(may),
    answers.has(home.id) ? h("p", { role: "status", class: "answer" }, answers.get(home.id)) : null,
    runs.length ? bars(runs, timetable.households.find((one) => one.id === home.id), state) : h("p", { class: "empty" }, said.no_runs),
  );
}

// What the home's own appliances take, of those that are measured: {kw, oldest_s}; null where none is.
function usedBy(home, site) {
  const own = new Set(home.appliances.map((appliance) => appliance.asset));
  const measured = site.assets.filter((asset) => own.has(asset.id) && isMeasured(asset, site));
  if (!measured.length) return null;
  return { kw: -measured.reduce((sum, asset) => sum + asset.output_w, 0) / 1000, oldest_s: Math.max(...measured.map((asset) => asset.status_age_s)) };
}

function standing(home, runs, site) {
  const used = usedBy(home, site);
  const busy = runs.filter((run) => run.status === "running").map((run) => run.appliance);
  const { battery } = home;
  return h(
    "dl",
    { class: "named" },
    figure(said.booked_now, said.booked(kw(home.booked_w / 1000), kw(home.threshold_w / 1000))),
    used ? figure(said.used_now, [kw(used.kw), " ", h("small", {}, words.ago(age(used.oldest_s)))]) : null,
    home.pv_w ? figure(said.sun, kw(home.pv_w / 1000)) : null,
    battery ? figure(said.battery, said.holds(kwh(battery.stored_wh / 1000), percent(battery.stored_wh / battery.capacity_wh))) : null,
    figure(said.runs_now, busy.length ? busy.join(", ") : said.nothing),
  );
}

const figure = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));

// How far ahead something is booked: an empty day would make what there is too small to see.
function bookedUntil(runs, own, now) {
  const ends = [...runs.flatMap((run) => run.segments.map(([start, end]) => end ?? start)), ...(own?.booked_w ?? []).map((piece) => piece.from), ...(own?.battery ?? []).map((piece) => piece.end)];
  const last = Math.max(now + ROUND_MS / 2, ...ends.map((end) => Date.parse(end)).filter(Number.isFinite));
  return Math.min(now + MOST_AHEAD_MS, Math.ceil(last / ROUND_MS) * ROUND_MS);
}

function course(home, own, runs, state) {
  const from = Math.floor(state.now / 60e3) * 60e3;
  const to = bookedUntil(runs, own, from);
  const iso = (instant) => new Date(instant).toISOString();
  const booked = { name: said.booked_name, look: "area", of: "use", times: [iso(from), ...own.booked_w.slice(1).map((piece) => piece.from)], values: own.booked_w.map((piece) => piece.w / 1000), to: iso(to) };
  const panels = [{ id: "use", title: said.use, unit: "kW", most: home.threshold_w / 1000, series: [booked], limits: [{ name: said.threshold, value: home.threshold_w / 1000 }] }];
  if (home.battery) panels.push({ id: "battery", title: said.battery, unit: "kW", height: 0.7, flow: said.battery_flow, series: [batteryCourse(own.battery, from, to)] });
  return { label: said.course_of(home.id), from: iso(from), to: iso(to), now: iso(from), time_zone: timeZone(), locale: words.locale, texts: words.chart, panels };
}

// Pieces with a power, and rest between them.
function batteryCourse(pieces, from, to) {
  const times = [new Date(from).toISOString()];
  const values = [0];
  for (const piece of pieces) {
    times.push(piece.start, piece.end);
    values.push(piece.charge_w / 1000, 0);
  }
  return { name: said.planned, look: "area", of: "storage", dashed: true, times, values, to: new Date(to).toISOString() };
}

function bars(runs, own, state) {
  const to = bookedUntil(runs, own, state.now);
  const span = { from: state.now - Math.min(HOUR_MS, to - state.now), to };
  return h(
    "table",
    { class: "stacked runs" },
    h("thead", {}, h("tr", {}, said.run_columns(moment(span.from, state.now), moment(span.to, state.now)).map((name) => (name ? h("th", { scope: "col" }, name) : h("td"))))),
    h("tbody", {}, runs.slice(0, MOST_RUNS).map((run) => row(run, span, state))),
  );
}

function row(run, span, state) {
  const { may } = state.me;
  const isOpen = ["running", "paused", "pending"].includes(run.status);
  return h(
    "tr",
    { "data-key": `run ${run.id}`, "data-run": run.id, "data-status": run.status, class: isOpen ? null : "over" },
    h("th", { scope: "row" }, run.appliance, h("small", {}, run.profile_w ? said.up_to(kw(run.power_w / 1000)) : kw(run.power_w / 1000))),
    h("td", { class: "bar" }, bar(run, span, state.now)),
    h("td", {}, h("b", { class: ["rejected", "missed"].includes(run.status) ? "abnormal" : null }, said.status[run.status]), h("small", {}, when(run, state)), why(run)),
    h(
      "td",
      {},
      h(
        "div",
        { class: "actions" },
        run.status === "pending" ? command(said.move, may.request_runs, () => move(run), { "aria-label": said.move_what(run.appliance) }) : null,
        isOpen ? command(said.cancel, may.request_runs, () => cancel(run), { "aria-label": said.cancel_what(run.appliance) }) : null,
      ),
    ),
  );
}

function bar(run, { from, to }, now) {
  const place = (instant) => Math.min(100, Math.max(0, (100 * (new Date(instant) - from)) / (to - from)));
  const pieces = run.segments.map(([start, end]) => [place(start), end === null ? 100 : place(end)]).filter(([start, end]) => end > start);
  return svg(
    "svg",
    { class: "timebar of-use", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "track", x: 0, y: 2, width: 100, height: 6 }),
    pieces.map(([start, end]) => svg("rect", { class: "filled", x: start, y: 1, width: Math.max(0.4, end - start), height: 8 })),
    svg("line", { class: "zero", x1: place(now), x2: place(now), y1: 0, y2: 10 }),
  );
}

function when(run, state) {
  const pieces = run.segments.map(([start, end]) => (end === null ? said.from(moment(start, state.now)) : said.from_to(moment(start, state.now), minute(end))));
  if (pieces.length) return pieces.join(", ");
  return run.status === "pending" ? said.waits : said.asked(moment(run.requested_at, state.now));
}

// Why it was decided so, and what would do.
function why(run) {
  const { would_do } = run;
  const remedies = [
    would_do?.max_delay_min !== null && would_do?.max_delay_min !== undefined ? said.would_delay(count(Math.ceil(would_do.max_delay_min))) : null,
    would_do?.threshold_w ? said.would_threshold(kw(would_do.threshold_w / 1000)) : null,
  ].filter(Boolean);
  const outcome = said.outcome[run.outcome];
  return [
    run.reason ? h("small", {}, run.reason) : outcome && run.status !== "rejected" ? h("small", {}, outcome) : null,
    remedies.length ? h("small", {}, said.would(remedies)) : null,
  ];
}

function askForRun(home) {
  const appliances = home.appliances.flatMap((one) => [...(one.own ? [[one.name, ""]] : []), ...one.profiles.map((profile) => [one.name, profile])]);
  ask({
    title: said.ask_in(home.id),
    about: appliances.length ? said.ask_about : said.no_appliances,
    fields: [
      { name: "what", label: said.appliance, type: "select", options: appliances.map(([name, profile], index) => [String(index), profile ? `${name}: ${profile}` : name]) },
      { name: "hours", label: said.may_wait, type: "number", value: "", min: 0, max: 168, step: "any", hint: said.may_wait_hint },
    ],
    button: said.ask_button,
    send: ({ what, hours }) => {
      const [appliance, profile] = appliances[what] ?? [""];
      const delay = hours === "" ? {} : { max_delay_min: 60 * Number(hours) };
      return send("POST", "api/v1/appliances/runs", { household: home.id, appliance, ...(profile ? { profile } : {}), ...delay, queue: true });
    },
    done: (run) => decided(home.id, run),
  });
}

function move(run) {
  ask({
    title: said.move_what(run.appliance),
    about: said.move_about,
    fields: [{ name: "hours", label: said.may_wait, type: "number", required: true, min: 0, max: 168, step: "any", value: "" }],
    button: said.move_button,
    send: ({ hours }) => send("POST", `api/v1/appliances/runs/${encodeURIComponent(run.id)}/move`, { max_delay_min: 60 * Number(hours) }),
    done: (moved) => decided(run.household, moved),
  });
}

async function cancel(run) {
  const answer = await send("POST", `api/v1/appliances/runs/${encodeURIComponent(run.id)}/cancel`);
  answers.set(run.household, answer.ok ? said.cancelled(run.appliance) : (answer.body?.message ?? words.form.no_answer));
  await seen();
}

async function decided(home, run) {
  const pieces = run.segments.map(([start, end]) => (end === null ? said.from(minute(start)) : said.from_to(minute(start), minute(end))));
  answers.set(home, said.decided(run.appliance, pieces.join(", ") || run.reason || said.waits));
  await seen();
}

const seen = () => Promise.all([refresh("homes"), refresh("timetable")]);
