// Numbers and times as people read them: three digits, the site's zone, 24 hours.
import { words } from "../words.js";

let zone = "UTC";
const formats = new Map();

export function useZone(name) {
  zone = name || "UTC";
}

export const timeZone = () => zone;

function format(options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(words.locale, { timeZone: zone, hourCycle: "h23", ...options }));
  return formats.get(key);
}

const LEAST = 0.0005; // half a watt, in kW

// By hand: a formatter takes a phone longer to make than the first figures take, and a view writes hundreds at each tick.
function written(size, decimals) {
  const [whole, part] = size.toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, words.thousands);
  return part === undefined ? grouped : grouped + words.decimal + part;
}

// 0.62, 4.32, 43.2, 432, 4,320: three digits, and no sign, since words say the direction.
export function digits(value) {
  const size = Math.abs(value);
  if (size < LEAST) return "0";
  if (size < 0.005) return words.hardly;
  const decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return written(size, decimals);
}

export const isKnown = (value) => value !== null && value !== undefined;
export const kw = (value) => (isKnown(value) ? `${digits(value)} kW` : words.unknown);
export const kwh = (value) => (isKnown(value) ? `${digits(value)} kWh` : words.unknown);
export const percent = (share) => (isKnown(share) ? `${Math.round(100 * share)} %` : words.unknown);
export const count = (value) => written(value, 0);

export function money(value, currency) {
  if (!isKnown(value)) return words.unknown;
  return value.toLocaleString(words.locale, { style: "currency", currency });
}

// Which way it goes: "takes 43.2 kW", "delivers 3.10 kW", "idle".
export function flowing(kilowatts, [forward, backward, none] = words.asset_flow) {
  if (!isKnown(kilowatts)) return words.not_measured;
  if (Math.abs(kilowatts) < LEAST) return none;
  return `${kilowatts > 0 ? forward : backward} ${kw(kilowatts)}`;
}

export function age(seconds) {
  if (!isKnown(seconds)) return words.unknown;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 129600 ? `${Math.round(seconds / 3600)} h` : words.days(Math.round(seconds / 86400));
}

export const clock = (instant) => format({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(instant));
export const minute = (instant) => format({ hour: "2-digit", minute: "2-digit" }).format(new Date(instant));
export const day = (instant) => format({ weekday: "short", day: "numeric", month: "short" }).format(new Date(instant));
export const fullTime = (instant) => `${day(instant)} ${clock(instant)}`;

export function zoneName(instant) {
  const parts = format({ timeZoneName: "short", hour: "2-digit" }).formatToParts(new Date(instant));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
}

// The local date, as documents have it: 2026-03-02.
export const dayKey = (instant) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(new Date(instant));

const weekday = (instant) => format({ weekday: "short" }).format(new Date(instant));
const SOON_MS = 6 * 86400e3;

// On another day than `now` with the day: its name where that says it, in the next six days, else "Thu 18 Nov".
function dayBeside(instant, now) {
  if (day(instant) === day(now)) return "";
  const ahead = new Date(instant) - new Date(now);
  return `${ahead > 0 && ahead < SOON_MS ? weekday(instant) : day(instant)} `;
}

// "12:15" today, "Thu 12:15" soon, "Thu 18 Nov 12:15" else; with seconds where these matter.
export const moment = (instant, now) => dayBeside(instant, now) + minute(instant);
export const secondOf = (instant, now) => dayBeside(instant, now) + clock(instant);

// Midnight of the site's zone that the instant's day began with, in ms.
export function midnight(instant) {
  const [hour, minutes, seconds] = clock(instant).split(":").map(Number);
  const guess = Number(new Date(instant)) - 1000 * (3600 * hour + 60 * minutes + seconds) - (Number(new Date(instant)) % 1000);
  const [late] = clock(guess).split(":").map(Number); // another hour than 0 where the clocks were changed today
  return late === 0 ? guess : guess + 3600e3 * (late > 12 ? 24 - late : -late);
}

// Sentences of the server name instants in UTC: these are told on the site's clock.
export function withLocalTimes(text, now) {
  const iso = /\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)/g;
  const said = /(\d{4}-\d\d-\d\d) (\d\d:\d\d)(:\d\d)?(\.\d+)? UTC/g;
  const told = (instant, hasSeconds) => (hasSeconds ? secondOf(instant, now) : moment(instant, now));
  return text.replace(iso, (instant) => moment(instant, now)).replace(said, (_, date, hour, seconds) => told(`${date}T${hour}${seconds ?? ""}Z`, seconds));
}

// Sentences of the server with numbers as everywhere on the page: kW and kWh with three digits.
export function inWords(text, now) {
  const number = (digits) => Number(digits.replaceAll(",", ""));
  return withLocalTimes(text, now)
    .replace(/(\d[\d,]*(?:\.\d+)?) W\b/g, (_, watts) => kw(number(watts) / 1000))
    .replace(/(\d[\d,]*\.\d+) kWh\b/g, (_, energy) => kwh(number(energy)));
}

// What an input of a local time holds, "2026-03-02 13:00:00", on the site's clock; and the instant (ms) that it means.
export function localInput(instant) {
  return `${dayKey(instant)} ${clock(instant)}`;
}

export function instantOf(text) {
  const utc = (local) => Date.parse(`${local.trim().replace(" ", "T")}Z`);
  const asUtc = utc(text);
  const shifted = (instant) => asUtc - (utc(localInput(instant)) - Math.floor(instant / 1000) * 1000);
  return shifted(shifted(asUtc));
}
