// The last minutes as lines: of the whole site, of the grid connection, or of one asset.

const KEEP_MS = 10 * 60 * 1000;
const KEEP_TICKS = 1200;
const LEAST_SHOWN_MS = 60 * 1000;
const FIELDS = ["scheduled", "target", "output", "potential"];
const SITE = { whole: true };

export class Chart {
  constructor(place, choices, chosen) {
    this.chosen = chosen;
    this.place = place;
    this.choices = choices;
    this.moments = [];
    this.subject = SITE;
    this.isReady = false;
    const script = document.createElement("script");
    script.src = "page/plotly.min.js";
    script.onload = () => {
      place.replaceChildren();
      this.isReady = true;
      this.draw();
    };
    document.head.append(script);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  show(subject) {
    this.subject = subject;
    this.chosen(subject);
    this.draw();
  }

  // Keeps what a snapshot says of each asset, four numbers each, for whoever is chosen later.
  add(site, output) {
    const last = this.moments.at(-1);
    if (last?.tick === site.tick.number) return;
    const values = new Float64Array(FIELDS.length * site.assets.length);
    const places = this.places(site.assets, last);
    site.assets.forEach((asset, row) => FIELDS.forEach((field, column) => {
      values[FIELDS.length * row + column] = asset[field] ?? NaN;
    }));
    const at = Date.parse(site.tick.at);
    const totals = { scheduled: site.scheduled_total, target: site.target_total, output };
    this.timeZone = site.time_zone;
    this.moments.push({ tick: site.tick.number, at, local: localTime(at, this.timeZone), places, values, totals, pcc: site.pcc });
    this.unit = site.power_unit;
    const oldest = at - KEEP_MS;
    while (this.moments[0].at < oldest || this.moments.length > KEEP_TICKS) this.moments.shift();
    if (!document.hidden) this.draw();
  }

  // Where each asset stands in the numbers; shared between moments while the assets are the same.
  places(assets, last) {
    if (last && last.places.size === assets.length && assets.every((asset, row) => last.places.get(asset.id) === row)) return last.places;
    return new Map(assets.map((asset, row) => [asset.id, row]));
  }

  draw() {
    this.offer();
    if (!this.isReady || !this.moments.length) return;
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
    const x = this.moments.map((moment) => moment.local);
    const lines = this.lines().map(({ name, of, look, dash, shape = "hv", fill }) => ({
      name, x, y: this.moments.map(of), type: "scatter", mode: "lines", fill,
      line: { color: colour(look), width: dash ? 1.5 : 2.5, dash, shape }, fillcolor: `${colour(look)}22`,
    }));
    const unit = this.subject.pcc ? "kW" : this.unit;
    const now = this.moments.at(-1).at;
    const axis = { gridcolor: colour("line"), zerolinecolor: colour("muted"), linecolor: colour("line"), fixedrange: true };
    Plotly.react(this.place, lines, {
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("muted") },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 48, r: 8, t: 8, b: 24 },
      legend: { orientation: "h", y: 1.16, x: 0 }, hovermode: "x unified",
      hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink") } },
      xaxis: { ...axis, type: "date", tickformat: "%H:%M:%S", showgrid: false, range: [localTime(Math.min(this.moments[0].at, now - LEAST_SHOWN_MS), this.timeZone), localTime(now, this.timeZone)] },
      yaxis: { ...axis, rangemode: "tozero", automargin: true, title: { text: unit, standoff: 4 } },
    }, { displayModeBar: false, responsive: true });
  }

  lines() {
    if (this.subject.pcc) return [
      { name: "import", look: "output", shape: "linear", of: (moment) => moment.pcc?.import_kw ?? null, fill: "tozeroy" },
      { name: "import limit", look: "bad", dash: "dash", of: (moment) => moment.pcc?.import_limit_kw ?? null },
      { name: "export limit", look: "warn", dash: "dash", of: (moment) => (moment.pcc ? -moment.pcc.export_limit_kw : null) },
    ];
    const of = this.subject.whole
      ? (field) => (moment) => moment.totals[field]
      : (field) => (moment) => moment.values[FIELDS.length * moment.places.get(this.subject.asset) + FIELDS.indexOf(field)] ?? null;
    const lines = [
      { name: "output", look: "output", of: of("output"), fill: "tozeroy" },
      { name: "target", look: "target", of: of("target") },
      { name: "scheduled", look: "scheduled", dash: "dot", of: of("scheduled") },
    ];
    if (!this.subject.whole) lines.push({ name: "potential", look: "warn", dash: "dash", of: of("potential") });
    return lines;
  }

  offer() {
    const subjects = [["whole site", SITE]];
    if (this.moments.at(-1)?.pcc) subjects.push(["grid connection", { pcc: true }]);
    if (this.subject.asset !== undefined) subjects.push([this.subject.asset, this.subject]);
    const wanted = JSON.stringify([subjects, this.subject]);
    if (wanted === this.offered) return;
    this.offered = wanted;
    this.choices.replaceChildren(...subjects.map(([words, subject]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = words;
      button.setAttribute("aria-pressed", JSON.stringify(subject) === JSON.stringify(this.subject));
      button.addEventListener("click", () => this.show(subject));
      return button;
    }));
  }
}

// Plotly draws times as they are written, so they are written as the clocks of the site show them.
function localTime(ms, timeZone) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  }).formatToParts(new Date(ms));
  const of = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  const milliseconds = String(Math.floor(ms) % 1000).padStart(3, "0");
  return `${of.year}-${of.month}-${of.day}T${of.hour}:${of.minute}:${of.second}.${milliseconds}`;
}
