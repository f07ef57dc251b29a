// What a chart says in letters: the values at an instant, and all of them as a table.
// (Imports nothing: the report carries these files in one script.)

const SVG_NAMES = ["svg", "path", "line", "rect", "text", "defs", "pattern"];

export function node(name, attributes = {}, text = "") {
  const element = SVG_NAMES.includes(name) ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  return element;
}

export function signed(value, locale) {
  return (value < 0 ? "−" : "") + Math.abs(value).toLocaleString(locale, { maximumFractionDigits: 3 });
}

// What holds at the instant. At now the newest step of what is measured has mostly not been read yet: the one before counts.
export function pointAt(series, instant, isNow = false) {
  const there = series.points.find((point) => point.from <= instant && instant < point.to && point.value !== null);
  if (there || !series.measured || !isNow) return there ?? null;
  const newest = series.points.findLast((point) => point.value !== null && point.to <= instant);
  return newest && instant - newest.to <= 2 * (newest.to - newest.from) ? newest : null;
}

// Three digits with the unit; where the panel has words for its directions, these and no sign.
export function valueText(panel, point, locale) {
  if (!point) return "–";
  const size = Math.abs(point.value);
  const decimals = size >= 99.95 || size < 0.005 ? 0 : size >= 9.995 ? 1 : 2;
  const said = size.toLocaleString(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const number = `${said} ${panel.unit}`;
  if (!panel.flow) return point.value < 0 && size >= 0.005 ? `−${number}` : number;
  const [forward, backward, none] = panel.flow;
  return size < 0.005 ? none : `${point.value > 0 ? forward : backward} ${number}`;
}

// A row for each time at which a value of some series begins, a column for each series.
export function valueTable({ panels, from, to, local, spec }) {
  const columns = panels.flatMap((panel) => panel.series.filter((one) => !one.silent).map((one) => ({ panel, one })));
  const begins = columns.flatMap(({ one }) => one.points.filter((point) => point.to > from && point.from < to).map((point) => point.from));
  const head = node("tr");
  const names = columns.map(({ panel, one }) => node("th", { scope: "col" }, `${panel.title}: ${one.name}, ${panel.unit}`));
  head.append(node("th", { scope: "col" }, spec.texts.time), ...names);
  const table = node("table");
  table.append(head);
  for (const time of [...new Set(begins)].sort((a, b) => a - b)) {
    const row = node("tr");
    const values = columns.map(({ panel, one }) => node("td", {}, valueText(panel, pointAt(one, time), spec.locale)));
    row.append(node("th", { scope: "row" }, `${local.day(time)} ${local.seconds(time)}`), ...values);
    table.append(row);
  }
  return table;
}
