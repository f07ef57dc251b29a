// Ordered against delivered, and the room beside it, over the last hour.
import { chart } from "../parts/chart.js";
import { timeZone } from "../parts/format.js";
import { words as pageWords } from "../words.js";
import { fleetWords as words } from "./words.js";

const HOUR_MS = 3600000;

export function showCourse(element, state) {
  const course = state.course;
  if (!element || !course?.times.length) return;
  const to = course.times.at(-1);
  const from = new Date(Math.max(Number(new Date(course.times[0])), Number(new Date(to)) - HOUR_MS)).toISOString();
  const series = (name, values, look, of, more = {}) => ({ name, look, of, times: course.times, values, to, ...more });
  chart(element, {
    label: words.course,
    from,
    to,
    now: to,
    time_zone: timeZone(),
    locale: pageWords.locale,
    texts: pageWords.chart,
    panels: [
      {
        id: "portfolio",
        title: words.portfolio,
        unit: "kW",
        flow: words.flow,
        height: 1.2,
        series: [series(words.series.delivered, course.delivered_kw, "area", "storage"), series(words.series.ordered, course.ordered_kw, "step", "grid", { dashed: true })],
        limits: [],
      },
      {
        id: "room",
        title: words.room_panel,
        unit: "kW",
        flow: words.flow,
        height: 0.8,
        series: [series(words.series.up, course.up_kw, "step", "grid"), series(words.series.down, course.down_kw.map((value) => -value), "step", "use")],
        limits: [],
      },
    ],
  });
}
