// What a chart draws, as SVG paths. A series is a list of points {from, to, value, low, high} in ms; value null is a gap:
// no path crosses it. (Imports nothing: the report carries these files in one script.)

// Points of a series as documents have it: equal steps (from, step_s, values) or times with values, each holding until
// the next one, the last one until `to`; nothing before `begins`. Without a value it is a gap.
export function pointsOf(series) {
  const times = series.times ? series.times.map((time) => Number(new Date(time))) : null;
  const first = times ? 0 : Number(new Date(series.from));
  const step = 1000 * (series.step_s ?? 0);
  // What is measured ends where it was asked for, also within its last step.
  const end = Math.min(...[series.to, series.known_to].filter(Boolean).map((time) => Number(new Date(time))));
  const points = series.values.map((value, index) => {
    const from = times ? times[index] : first + index * step;
    const next = times ? (times[index + 1] ?? (Number.isFinite(end) ? end : from)) : from + step;
    return { from, to: Math.min(next, end), value: value ?? null, low: series.low?.[index] ?? null, high: series.high?.[index] ?? null };
  });
  const begins = series.begins ? Number(new Date(series.begins)) : -Infinity;
  const left = points.filter((point) => point.to > begins && point.from < end).map((point) => ({ ...point, from: Math.max(point.from, begins) }));
  return without(left, series.gaps ?? []);
}

// The points with what lies in the gaps cut out, however short these are beside a step.
function without(points, gaps) {
  return gaps.reduce((left, gap) => {
    const [from, to] = [Number(new Date(gap.from)), Number(new Date(gap.to))];
    return left.flatMap((point) => {
      if (point.to <= from || point.from >= to) return [point];
      return [{ ...point, to: from }, { ...point, from: to }].filter((piece) => piece.from < piece.to);
    });
  }, points);
}

// Pieces without a gap between them.
export function runsOf(points, isThere = (point) => point.value !== null) {
  const runs = [];
  let former = null;
  for (const point of points) {
    if (isThere(point)) {
      if (former && former.to >= point.from) runs.at(-1).push(point);
      else runs.push([point]);
    }
    former = isThere(point) ? point : null;
  }
  return runs;
}

// Stretches between from and to of which a measured series knows nothing: {from, to}.
export function gapsOf(points, from, to) {
  const gaps = [];
  let known = from;
  for (const point of points) {
    if (point.value === null || point.to <= from || point.from >= to) continue;
    if (point.from > known) gaps.push({ from: known, to: point.from });
    known = Math.max(known, point.to);
  }
  if (known < to) gaps.push({ from: known, to });
  return gaps;
}

const at = (number) => Math.round(number * 100) / 100;

// A line in steps: each value is drawn over the whole time that it held.
export function stepPath(points, x, y) {
  return runsOf(points)
    .map((run) => `M${at(x(run[0].from))} ${at(y(run[0].value))}` + run.map((point) => `V${at(y(point.value))}H${at(x(point.to))}`).join(""))
    .join("");
}

// Straight lines between the values at the begin of each step: for what fills and empties, such as a storage.
export function linePath(points, x, y) {
  return runsOf(points)
    .map((run) => run.map((point, index) => `${index ? "L" : "M"}${at(x(point.from))} ${at(y(point.value))}`).join(""))
    .join("");
}

// The area between a line in steps and zero.
export function areaPath(points, x, y) {
  const zero = at(y(0));
  return runsOf(points)
    .map((run) => `M${at(x(run[0].from))} ${zero}` + run.map((point) => `V${at(y(point.value))}H${at(x(point.to))}`).join("") + `V${zero}Z`)
    .join("");
}

// The band between low and high.
export function bandPath(points, x, y) {
  return runsOf(points, (point) => point.low !== null && point.high !== null)
    .map((run) => {
      const there = run.map((point) => `V${at(y(point.high))}H${at(x(point.to))}`).join("");
      const back = [...run].reverse().map((point) => `V${at(y(point.low))}H${at(x(point.from))}`).join("");
      return `M${at(x(run[0].from))} ${at(y(run[0].high))}${there}${back}Z`;
    })
    .join("");
}
