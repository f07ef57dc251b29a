// Scales of the charts: where a time or a value lies, and which of them are written at the axes.
// (Imports nothing: the report carries these files in one script.)

const MINUTE = 60e3;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [10e3, 30e3, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 31 * DAY, 92 * DAY];

export function linear([low, high], [from, to]) {
  const factor = (to - from) / (high - low || 1);
  return (value) => from + (value - low) * factor;
}

// A scale from low to high with a little room, and about `wanted` round values within it: {low, high, ticks}. An end at
// zero stays there.
export function roundScale(low, high, wanted = 3) {
  const room = 0.06 * (high - low);
  const [from, to] = [low < 0 ? low - room : low, high > 0 ? high + room : high];
  const rough = (to - from) / wanted;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * size).find((candidate) => candidate >= rough * 0.999);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
  return { low: from, high: to, ticks };
}

// The zone's clock and day at an instant; a formatter is slow to make, so it is made once for each chart.
export function localClock(timeZone, locale) {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  const clock = new Intl.DateTimeFormat(locale, { timeZone, hourCycle: "h23", hour: "2-digit", minute: "2-digit" });
  const seconds = new Intl.DateTimeFormat(locale, { timeZone, hourCycle: "h23", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = new Intl.DateTimeFormat(locale, { timeZone, weekday: "short", day: "numeric" });
  const date = new Intl.DateTimeFormat(locale, { timeZone, day: "numeric", month: "short" });
  return {
    // How far the zone's clock is ahead of UTC, ms.
    offset(instant) {
      const said = Object.fromEntries(parts.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
      const local = Date.UTC(said.year, said.month - 1, said.day, said.hour, said.minute, said.second);
      return local - Math.floor(instant / 1000) * 1000;
    },
    clock: (instant) => clock.format(instant),
    seconds: (instant) => seconds.format(instant),
    day: (instant) => day.format(instant),
    date: (instant) => date.format(instant),
  };
}

// The times to write between from and to (ms), round on the zone's clock and at least `apart` of the span from each other:
// {at, text, isDay}.
export function timeTicks(from, to, apart, local) {
  const step = TIME_STEPS.find((candidate) => candidate >= (to - from) * apart) ?? TIME_STEPS.at(-1);
  const ticks = [];
  let offset = local.offset(from);
  // Round numbers of the zone's own clock; the hour that is left out in spring has none.
  for (let clock = Math.ceil((from + offset) / step) * step; clock - offset <= to; clock += step) {
    offset = local.offset(clock - offset);
    const at = clock - offset;
    if (local.offset(at) !== offset || at < from || at > to) continue;
    const isDay = clock % DAY === 0;
    const text = step >= 7 * DAY ? local.date(at) : isDay ? local.day(at) : step < MINUTE ? local.seconds(at) : local.clock(at);
    ticks.push({ at, text, isDay: isDay && step < DAY });
  }
  return ticks;
}
