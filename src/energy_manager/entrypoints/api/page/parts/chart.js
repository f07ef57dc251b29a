// A chart: panels above each other on one axis of time, with one cursor over all of them.
//
//   chart(element, {
//     label, from, to, now (ISO; now may be null), time_zone, locale, texts (words.chart),
//     panels: [{ id, title, unit, flow: [positive, negative, none] | null, height (1 = usual),
//       series: [{ name, look: "area" | "step" | "line" | "band", of: "grid" | "sun" | …, dashed, ghost, measured, known_to,
//                  from, step_s, values | times, values, to, low, high, gaps: [{from, to}] }],
//       limits: [{ name, value }] }],
//   })
//
// Values are of the panel's unit; null is a gap, and so is every time in `gaps`, however short. What is `measured` is hatched where nothing is known of it up to now,
// or up to `known_to`, until which it was asked for.
// It imports only its three neighbours: so the report can carry the four files in one script, and its data as JSON.
import { areaPath, bandPath, gapsOf, linePath, pointsOf, stepPath } from "./marks.js";
import { node, pointAt, signed, valueTable, valueText } from "./readout.js";
import { linear, localClock, roundScale, timeTicks } from "./scale.js";

const LOOKS = { area: areaPath, step: stepPath, line: linePath };
const PANEL_REM = 7;
const AXIS_REM = 1.4;
const EDGE_REM = 0.6;
const LABELS_REM = 3.2;
let made = 0;

const iso = (ms) => new Date(ms).toISOString();

export function chart(element, spec) {
  const drawn = element.drawnChart ?? new Chart(element);
  drawn.show(spec);
  return drawn;
}

class Chart {
  constructor(element) {
    element.drawnChart = this;
    this.element = element;
    this.id = `chart${++made}`;
    this.cursor = null; // ms, or null while it is at now
    this.plot = node("div", { class: "plot", role: "slider", tabindex: "0", "aria-orientation": "horizontal" });
    this.heading = node("p", { class: "chart-time", "aria-hidden": "true" });
    this.table = node("details", { class: "chart-table" });
    element.classList.add("chart");
    element.replaceChildren(this.heading, this.plot, this.table);
    this.plot.addEventListener("keydown", (event) => this.pressed(event));
    this.plot.addEventListener("pointermove", (event) => this.pointed(event));
    this.plot.addEventListener("pointerdown", (event) => this.pointed(event));
    this.plot.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.moveTo(null));
    this.plot.addEventListener("blur", () => this.moveTo(null));
    this.table.addEventListener("toggle", () => this.writeTable());
    new ResizeObserver(() => this.resized()).observe(element);
  }

  show(spec) {
    const said = JSON.stringify(spec);
    if (said === this.said) return;
    this.said = said;
    this.spec = spec;
    this.from = Number(new Date(spec.from));
    this.to = Number(new Date(spec.to));
    this.now = spec.now ? Number(new Date(spec.now)) : null;
    this.local = localClock(spec.time_zone, spec.locale);
    this.panels = spec.panels.map((panel) => ({ ...panel, series: panel.series.map((one) => ({ ...one, points: pointsOf(one) })) }));
    this.draw();
  }

  resized() {
    if (this.spec && Math.abs(this.element.clientWidth - this.width) > 1) this.draw();
  }

  draw() {
    this.rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.width = Math.max(240, this.element.clientWidth || 640);
    this.left = LABELS_REM * this.rem;
    this.x = linear([this.from, this.to], [this.left, this.width - 2]);
    const apart = (3.6 * this.rem) / (this.width - this.left);
    this.ticks = timeTicks(this.from, this.to, apart, this.local);
    const texts = this.spec.texts;
    this.plot.replaceChildren(...this.panels.flatMap((panel, index) => this.drawPanel(panel, index === this.panels.length - 1)));
    this.plot.setAttribute("aria-label", `${this.spec.label}. ${texts.hint}`);
    this.plot.setAttribute("aria-valuemin", Math.round(this.from / 1000));
    this.plot.setAttribute("aria-valuemax", Math.round(this.to / 1000));
    this.mark(this.element, this.panels.flatMap((panel) => panel.series.flatMap((one) => one.points)));
    this.table.hidden = false;
    if (!this.table.firstChild) this.table.append(node("summary", {}, texts.table));
    this.writeTable();
    this.moveTo(this.cursor);
  }

  // For tests and assistive tools: the first and the last instant of which something is drawn.
  mark(element, points) {
    const known = points.filter((point) => (point.value !== null || point.low !== null) && point.to > this.from && point.from < this.to);
    const first = Math.max(this.from, Math.min(...known.map((point) => point.from)));
    const last = Math.min(this.to, Math.max(...known.map((point) => point.to)));
    element.dataset.first = known.length ? iso(first) : "";
    element.dataset.last = known.length ? iso(last) : "";
  }

  drawPanel(panel, isLast) {
    const height = (panel.height ?? 1) * PANEL_REM * this.rem;
    const top = EDGE_REM * this.rem;
    const bottom = height - top / 2;
    const whole = height + (isLast ? AXIS_REM * this.rem : 0);
    const scale = this.scaleOf(panel);
    const y = linear([scale.low, scale.high], [bottom, top]);
    const view = { class: "panel", viewBox: `0 0 ${this.width} ${whole}`, "data-panel": panel.id, "aria-hidden": "true", preserveAspectRatio: "xMinYMin meet" };
    const image = node("svg", view);
    image.append(this.hatching(panel), ...this.ground(panel, scale, y, top, bottom), ...this.gaps(panel, top, bottom));
    for (const series of panel.series) image.append(...this.marks(series, y));
    for (const limit of panel.limits ?? []) image.append(...this.limit(limit, scale, y));
    image.append(...this.ways(panel, scale, y));
    if (this.now !== null) image.append(this.vertical(this.now, top, bottom, "now"));
    const cursor = this.vertical(this.from, top, bottom, "cursor");
    image.append(cursor);
    if (isLast) image.append(...this.axis(whole));
    panel.cursor = cursor;
    this.mark(image, panel.series.flatMap((one) => one.points));
    panel.legend = node("p", { class: "legend", "aria-hidden": "true" });
    return [panel.legend, image];
  }

  // From the values and the limits that are not far beyond them; areas begin at zero.
  scaleOf(panel) {
    const values = panel.series.flatMap((one) => one.points.filter((point) => point.to > this.from && point.from < this.to).flatMap((point) => [point.value, point.low, point.high])).filter((value) => value !== null);
    const low = Math.min(0, panel.least ?? 0, ...values);
    const high = Math.max(panel.most ?? 0, ...values);
    const size = Math.max(high - low, 1e-9);
    const near = (panel.limits ?? []).map((limit) => limit.value).filter((value) => values.length === 0 || (value > low - 3 * size && value < high + 3 * size));
    const least = values.some((value) => value !== 0) ? 1e-3 : 1; // of nothing but zeros the scale is a whole unit
    return roundScale(Math.min(low, ...near), Math.max(high, ...near, low + least), Math.max(2.4, 2.6 * (panel.height ?? 1)));
  }

  hatching() {
    const defs = node("defs");
    const pattern = node("pattern", { id: `${this.id}-hatch`, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
    pattern.append(node("line", { x1: 0, y1: 0, x2: 0, y2: 6, class: "hatch" }));
    defs.append(pattern);
    return defs;
  }

  ground({ flow }, scale, y, top, bottom) {
    const parts = [];
    if (this.now !== null && this.now < this.to) {
      const from = this.x(Math.max(this.now, this.from));
      parts.push(node("rect", { class: "ahead", x: from, y: top, width: this.x(this.to) - from, height: bottom - top }));
    }
    for (const tick of this.ticks) parts.push(this.vertical(tick.at, top, bottom, tick.isDay ? "midnight" : "gridline"));
    for (const value of scale.ticks) {
      parts.push(node("line", { class: value === 0 ? "zero" : "gridline", x1: this.left, x2: this.width - 2, y1: y(value), y2: y(value) }));
      const said = signed(flow ? Math.abs(value) : value, this.spec.locale);
      parts.push(node("text", { class: "value", x: this.left - 0.4 * this.rem, y: y(value), dy: ".35em", "text-anchor": "end" }, said));
    }
    return parts;
  }

  // Where power goes both ways, words at the axis say which; no sign does.
  ways(panel, scale, y) {
    if (!panel.flow || scale.low >= 0) return [];
    // Where a limit's name stands at the same height, beside the axis of values.
    const isCrowded = (panel.limits ?? []).some((limit) => limit.value >= scale.low && limit.value <= scale.high && Math.abs(y(limit.value) - y(0)) < 2.6 * this.rem);
    const [x, anchor] = isCrowded ? [this.left + 6, "start"] : [this.width - 6, "end"];
    const word = (text, dy) => node("text", { class: "way", x, y: y(0), dy, "text-anchor": anchor }, text);
    const [above, below] = panel.flow;
    return [...(scale.ticks.some((value) => value > 0) ? [word(above, "-.4em")] : []), word(below, "1.15em")];
  }

  vertical(instant, top, bottom, name) {
    return node("line", { class: name, x1: this.x(instant), x2: this.x(instant), y1: top, y2: bottom });
  }

  gaps(panel, top, bottom) {
    const measured = panel.series.filter((one) => one.measured);
    if (!measured.length) return [];
    const { points, known_to, step_s } = measured[0];
    const until = Math.min(this.to, this.now ?? this.to, known_to ? Number(new Date(known_to)) : Infinity);
    const newest = points.at(-1); // its step has mostly not been read yet
    const slack = newest ? 1.5 * (step_s ? 1000 * step_s : newest.to - newest.from) : 0;
    return gapsOf(points, this.from, until)
      .filter((gap) => gap.to < until || gap.to - gap.from > slack)
      .map((gap) => {
        const said = { class: "gap", "data-gap": "", "data-from": iso(gap.from), "data-to": iso(gap.to), fill: `url(#${this.id}-hatch)` };
        return node("rect", { ...said, x: this.x(gap.from), y: top, width: Math.max(1, this.x(gap.to) - this.x(gap.from)), height: bottom - top });
      });
  }

  marks(series, y) {
    const within = series.points.filter((point) => point.to > this.from && point.from < this.to);
    const clipped = within.map((point) => ({ ...point, from: Math.max(point.from, this.from), to: Math.min(point.to, this.to) }));
    const paths = [];
    const add = (name, d) => {
      if (!d) return;
      const path = node("path", { class: `${name} of-${series.of ?? "other"}${series.dashed ? " dashed" : ""}${series.ghost ? " ghost" : ""}`, d, "data-series": series.name });
      this.mark(path, within);
      paths.push(path);
    };
    if (series.low) add("band", bandPath(clipped, this.x, y));
    if (series.look === "area") add("area", areaPath(clipped, this.x, y));
    if (series.look !== "band" && (series.look !== "area" || series.dashed)) add("line", (LOOKS[series.look === "area" ? "step" : series.look] ?? stepPath)(clipped, this.x, y));
    return paths;
  }

  limit(limit, scale, y) {
    if (limit.value > scale.high || limit.value < scale.low) return [];
    const place = y(limit.value);
    const above = limit.value <= 0 && scale.low < 0;
    const label = node("text", { class: "limit-name", x: this.width - 6, y: place, dy: above ? "-.4em" : "1.1em", "text-anchor": "end" }, `${limit.name} ${signed(Math.abs(limit.value), this.spec.locale)}`);
    return [node("line", { class: "limit", x1: this.left, x2: this.width - 2, y1: place, y2: place }), label];
  }

  axis(bottom) {
    return this.ticks
      .map((tick) => ({ ...tick, place: this.x(tick.at) }))
      .filter(({ place }) => place > this.left + this.rem && place < this.width - 1.5 * this.rem)
      .map(({ place, text, isDay }) => node("text", { class: isDay ? "time day" : "time", x: place, y: bottom - 0.35 * this.rem, "text-anchor": "middle" }, text));
  }

  pointed(event) {
    const box = this.plot.getBoundingClientRect();
    const ratio = this.width / box.width;
    const share = ((event.clientX - box.left) * ratio - this.left) / (this.width - 2 - this.left);
    this.moveTo(this.from + Math.min(1, Math.max(0, share)) * (this.to - this.from));
  }

  pressed(event) {
    const here = this.cursor ?? this.now ?? this.to;
    const step = this.step();
    const moves = { ArrowLeft: here - step, ArrowRight: here + step, ArrowDown: here - step, ArrowUp: here + step, PageDown: here - 4 * step, PageUp: here + 4 * step, Home: this.from, End: this.to };
    if (event.key === "Escape") this.moveTo(null);
    else if (event.key in moves) this.moveTo(moves[event.key]);
    else return;
    event.preventDefault();
  }

  // How far an arrow key goes: the longest step of what is drawn, so that each press shows another value.
  step() {
    const steps = this.panels.flatMap((panel) => panel.series.map((one) => 1000 * (one.step_s ?? 0)));
    return Math.max(...steps, (this.to - this.from) / 200);
  }

  moveTo(instant) {
    this.cursor = instant === null ? null : Math.min(this.to, Math.max(this.from, instant));
    const shown = Math.min(this.cursor ?? this.now ?? this.to, this.to - 1); // what ends there holds no longer
    const { texts } = this.spec;
    const when = this.cursor === null && this.now !== null ? texts.now : `${this.local.day(shown)} ${this.local.clock(shown)}`;
    this.heading.replaceChildren(`${texts.values_at} `, node("b", {}, when), this.fineness());
    const said = this.panels.map((panel) => this.writeLegend(panel, shown));
    this.plot.setAttribute("aria-valuenow", Math.round(shown / 1000));
    this.plot.setAttribute("aria-valuetext", `${when}. ${said.filter(Boolean).join(". ")}`);
    this.plot.dataset.at = iso(shown);
  }

  // A value beside others is told with its age: what is measured is a mean of some minutes.
  fineness() {
    const steps = this.panels.flatMap((panel) => panel.series.filter((one) => one.measured && one.step_s >= 60).map((one) => one.step_s / 60));
    return steps.length && this.spec.texts.means ? `, ${this.spec.texts.means} ${Math.max(...steps)} min` : "";
  }

  writeLegend(panel, shown) {
    const place = this.x(shown);
    panel.cursor.setAttribute("x1", place);
    panel.cursor.setAttribute("x2", place);
    panel.cursor.classList.toggle("resting", this.cursor === null);
    const values = panel.series.filter((one) => !one.silent).map((one) => ({ one, point: pointAt(one, shown, this.cursor === null) }));
    const entries = values.map(({ one, point }) => {
      const entry = node("span", { class: "entry", "data-series": one.name, "data-value": point?.value ?? "" });
      entry.append(node("i", { class: `key ${one.look} of-${one.of ?? "other"}${one.dashed ? " dashed" : ""}${one.ghost ? " ghost" : ""}` }), `${one.name} `, node("b", {}, valueText(panel, point, this.spec.locale)));
      return entry;
    });
    panel.legend.replaceChildren(node("b", { class: "panel-title" }, panel.title), ...entries, ...this.beyond(panel));
    const spoken = values.filter(({ point }) => point).map(({ one, point }) => `${one.name} ${valueText(panel, point, this.spec.locale)}`);
    return spoken.length ? `${panel.title}: ${spoken.join(", ")}` : "";
  }

  // Limits that would make the scale too small are told in words.
  beyond(panel) {
    const scale = this.scaleOf(panel);
    return (panel.limits ?? [])
      .filter((limit) => limit.value > scale.high || limit.value < scale.low)
      .map((limit) => node("span", { class: "entry" }, `${limit.name} ${signed(Math.abs(limit.value), this.spec.locale)} ${panel.unit}`));
  }

  writeTable() {
    this.table.querySelector("table")?.remove();
    if (this.table.open) this.table.append(valueTable(this));
  }
}
