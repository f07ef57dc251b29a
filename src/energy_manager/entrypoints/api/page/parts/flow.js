// The power flow: sources on the left, uses on the right, as thick as their power; both sides add up.
import { lookOf } from "../model.js";
import { words } from "../words.js";
import { h, svg } from "./dom.js";
import { age, kw, percent } from "./format.js";

const ROW = 46;
const GAP = 8;
const DESK = { width: 720, left: 190, bus: 354, right: 530, letters: 24, tallest: 210 };
const PHONE = { width: 360, left: 124, bus: 168, right: 220, letters: 14, tallest: 150 };
const BUS = 12;
const END = 6;
const LOOK_OF_KIND = { grid: "grid", rest: "other" };

export function flow({ sources, uses, idle, unmeasured, oldest_s, rest }) {
  const total = Math.max(sum(sources), sum(uses));
  const isPart = !total || [...sources, ...uses].some((one) => one.kind === "rest");
  const said = [
    isPart ? words.flow.rest[rest] : null,
    idle.length ? words.flow.idle(idle.map((asset) => asset.id)) : null,
    unmeasured.length ? h("b", { class: "abnormal" }, words.flow.unmeasured(unmeasured.map((asset) => asset.id))) : null,
  ];
  return [
    total > 0 ? picture(sources, uses, total) : h("p", { class: "empty" }, words.flow.nothing),
    h("p", { class: "small flow-note" }, said.filter(Boolean).flatMap((part, index) => (index ? [" · ", part] : [part]))),
    h("p", { class: "visually-hidden" }, words.flow.spoken(sources.map(spoken), uses.map(spoken), age(oldest_s))),
  ];
}

const sum = (flows) => flows.reduce((whole, one) => whole + one.w, 0);
const nameOf = (one) => (one.count ? words.flow.group(one.count, one.kind) : (words.flow.names[one.kind] ?? one.of));
const spoken = (one) => `${nameOf(one)} ${kw(one.w / 1000)}`;

function picture(sources, uses, total) {
  const shape = innerWidth < 640 ? PHONE : DESK;
  const scale = shape.tallest / total;
  const left = rows(sources, scale);
  const right = rows(uses, scale);
  const height = Math.max(left.height, right.height, shape.tallest) + 8;
  const bus = (height - shape.tallest) / 2;
  return svg(
    "svg",
    { class: "flow", viewBox: `0 0 ${shape.width} ${height}`, "aria-hidden": "true" },
    side("source", left, { top: (height - left.height) / 2, bus, scale, shape }),
    side("use", right, { top: (height - right.height) / 2, bus, scale, shape }),
    svg("rect", { class: "bus", x: shape.bus, y: bus - 2, width: BUS, height: shape.tallest + 4, rx: 3 }),
  );
}

// Where each flow lies: as high as it is thick, and at least as its label.
function rows(flows, scale) {
  let y = 0;
  const placed = flows.map((one) => {
    const thick = Math.max(1.5, one.w * scale);
    const row = { one, thick, y, high: Math.max(thick, ROW) };
    y += row.high + GAP;
    return row;
  });
  return { placed, height: Math.max(0, y - GAP) };
}

function side(name, { placed }, { top, bus, scale, shape }) {
  let joined = bus;
  return placed.map(({ one, thick, y, high }) => {
    const middle = top + y + high / 2;
    const from = middle - thick / 2;
    const arrow = { "data-flow-w": Number(one.w.toFixed(1)), "data-side": name, "data-of": one.of };
    const d = name === "source" ? ribbon(shape.left, from, shape.bus, joined, thick) : ribbon(shape.bus + BUS, joined, shape.right, from, thick);
    joined += one.w * scale;
    const look = LOOK_OF_KIND[one.kind] ?? lookOf(one.kind);
    const x = name === "source" ? shape.left - END : shape.right;
    return svg(
      "g",
      { class: `of-${look}`, "data-key": `${name} ${one.of}` },
      svg("path", { class: "ribbon", d, ...arrow }),
      svg("rect", { class: "end", x, y: from, width: END, height: thick }),
      label(one, name, middle, shape),
    );
  });
}

function ribbon(x1, y1, x2, y2, thick) {
  const [bend, a, b] = [(x1 + x2) / 2, y1 + thick, y2 + thick];
  return `M${x1} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}L${x2} ${b}C${bend} ${b} ${bend} ${a} ${x1} ${a}Z`;
}

function label(one, name, middle, shape) {
  const [x, anchor] = name === "source" ? [shape.left - END - 6, "end"] : [shape.right + END + 6, "start"];
  return svg(
    "text",
    { x, y: middle, "text-anchor": anchor },
    svg("tspan", { class: "flow-name", x, dy: "-.2em" }, shortened(nameOf(one), shape.letters), svg("tspan", { class: "flow-more" }, one.kind === "grid" ? ` ${words.flow.grid[name]}` : "")),
    svg("tspan", { class: "flow-value", x, dy: "1.15em" }, kw(one.w / 1000), svg("tspan", { class: "flow-more" }, fullness(one))),
  );
}

const shortened = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function fullness({ asset }) {
  return asset?.stored_wh != null && asset.capacity_wh ? ` ${percent(asset.stored_wh / asset.capacity_wh)}` : "";
}
