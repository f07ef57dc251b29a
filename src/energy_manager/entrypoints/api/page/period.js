// Days, weeks, months and years of the site's zone, and what of the energy document lies in them.
import { dayKey, midnight } from "./parts/format.js";

const DAY_MS = 86400e3;
export const SPANS = ["day", "week", "month", "year"];

const utc = (key) => Number(new Date(`${key}T00:00:00Z`));
const keyOf = (ms) => new Date(ms).toISOString().slice(0, 10);

// Midnight of the zone at which the local date begins, ms.
export function startOf(key) {
  const noon = utc(key) + DAY_MS / 2;
  const guess = midnight(noon);
  const wrong = utc(dayKey(noon)) - utc(key); // zones beyond +11 h are in the next day already
  return wrong ? midnight(guess - wrong / 2) : guess;
}

export function shifted(key, days) {
  return keyOf(utc(key) + days * DAY_MS);
}

// The period that holds the local date: {span, first, next, from, to}: local dates, and their midnights in ms.
export function periodOf(span, key) {
  const date = new Date(utc(key));
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const firsts = {
    day: [key, shifted(key, 1)],
    week: [shifted(key, -((date.getUTCDay() + 6) % 7)), shifted(key, 7 - ((date.getUTCDay() + 6) % 7))],
    month: [keyOf(Date.UTC(year, month, 1)), keyOf(Date.UTC(year, month + 1, 1))],
    year: [keyOf(Date.UTC(year, 0, 1)), keyOf(Date.UTC(year + 1, 0, 1))],
  };
  const [first, next] = firsts[span];
  return { span, first, next, from: startOf(first), to: startOf(next) };
}

export const isDate = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? "") && !Number.isNaN(utc(text)) && keyOf(utc(text)) === text;

// What the assets delivered and took in the period, kWh, and of how many minutes nothing is known.
export function byAsset(days, assets) {
  return assets.map((asset) => {
    const own = days.filter((day) => day.asset === asset.id);
    const sum = (name) => own.reduce((total, day) => total + day[name], 0);
    return { asset, delivered: sum("delivered_kwh"), taken: sum("taken_kwh"), unknown: sum("unknown_min"), days: own.length };
  });
}

// Whether anything is known of the day.
export const isKnown = (day) => day.unknown_min < Math.ceil((new Date(day.to) - new Date(day.from)) / 60e3);

// Of each day: {times, values}; a day of which nothing is known is a gap.
export function byDay(days, name, assets) {
  const times = [...new Set(days.map((day) => day.from))].sort();
  const values = times.map((time) => {
    const own = days.filter((day) => day.from === time && assets.includes(day.asset));
    const known = own.filter(isKnown);
    return known.length ? known.reduce((total, day) => total + day[name], 0) : null;
  });
  return { times, values };
}

// Rows of text as a file for spreadsheets.
export function csv(rows) {
  const cell = (value) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  return rows.map((row) => `${row.map((value) => (value === null || value === undefined ? "" : cell(value))).join(",")}\r\n`).join("");
}

export function save(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
