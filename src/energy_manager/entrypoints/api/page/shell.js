// What stands on every view: site, whether it is on time, mode, alarms, who looks, the clock.
import { forgetToken, hasToken, headers, press, refresh } from "./api.js";
import { fill, h } from "./parts/dom.js";
import { age, clock, fullTime, minute, zoneName } from "./parts/format.js";
import { address } from "./place.js";
import { words } from "./words.js";

// As in shell.css: else the navigation is at the foot of the screen, and is read and reached after the rest of the header.
const HAS_ROOM = matchMedia("(min-width: 62rem)");
const byId = (id) => document.getElementById(id);

// The site's time: that of its newest tick and what has passed since, so that a wrong clock of this machine does not show.
export function siteNow(state) {
  if (!state.site?.tick) return Date.now();
  return Number(new Date(state.site.tick.at)) + performance.now() - state.tickedAt;
}

export function drawShell(state, views, place) {
  byId("skip").textContent = words.skip;
  const standing = standingOf(state);
  const states = h("div", { class: "standing" }, pill(standing), mode(state), who(state), time(state));
  const [second, third] = HAS_ROOM.matches ? [navigation(views, place), states] : [states, navigation(views, place)];
  fill(byId("header"), brand(state), second, third);
  notice(standing.notice);
  drawAlarms(state);
}

// Whether what is shown is on time; a stream that is open proves nothing about the loop.
function standingOf(state) {
  const { site } = state;
  if (state.connection !== "live" || !site) {
    const name = state.connection;
    const lost = name === "lost" ? words.notice.lost : "";
    return { name, words: words.connection[name === "live" ? "connecting" : name], notice: state.refusal || lost };
  }
  const silentS = (performance.now() - state.tickedAt) / 1000;
  if (silentS > Math.max(3 * site.period_s, 3)) {
    return { name: "silent", words: words.connection.silent(age(silentS)), notice: words.notice.silent(age(silentS)) };
  }
  const fault = state.fault && (state.fault.status ? words.notice.not_done(state.fault.message) : words.command.unanswered);
  const told = [fault, site.failure && words.notice.failure(site.failure), site.schedule_fault && words.notice.schedule(site.schedule_fault), ...(site.notices ?? [])];
  return { name: "live", words: words.connection.live, notice: told.filter(Boolean).join("; "), silentS };
}

function brand(state) {
  const name = state.site?.site ?? words.product;
  return h("a", { class: "brand", href: address({ view: "now" }) }, h("img", { src: new URL("icon.svg", import.meta.url).pathname, alt: "", width: 28, height: 28 }), h("b", { id: "site" }, name));
}

function navigation(views, place) {
  const links = views.map((view) => h("a", { href: address({ view: view.name }), "aria-current": view.name === place.view && "page" }, words.views[view.name]));
  return h("nav", { "aria-label": words.navigation }, links);
}

function pill(standing) {
  // The age changes each second: it stands beside what is spoken when it changes.
  const said = h("span", { id: "connection", role: "status" }, standing.words);
  return h("span", { class: "pill", "data-state": standing.name }, said, standing.name === "live" ? h("small", { id: "tick-age" }, age(standing.silentS)) : null);
}

// Automatic, unless somebody has set something by hand: what ends last is told.
function mode(state) {
  const overrides = state.data.overrides?.value ?? [];
  if (!overrides.length) {
    const byHand = (state.site?.assets ?? []).filter((asset) => asset.set_by_hand).length;
    return h("span", { id: "mode", class: "pill", "data-state": byHand ? "override" : "automatic" }, byHand ? words.mode.override_of(byHand) : words.mode.automatic);
  }
  const until = minute(overrides.map((one) => one.until).sort().at(-1));
  const hold = overrides.some((one) => one.kind === "hold");
  const count = new Set(overrides.flatMap((one) => one.assets)).size;
  return h("span", { id: "mode", class: "pill", "data-state": "override" }, hold ? words.mode.hold(until) : words.mode.override(count, until));
}

function who(state) {
  if (!state.me) return null;
  const { name, role, may } = state.me;
  const listed = (isAllowed) => Object.values(may).filter((one) => one.allowed === isAllowed).map((one) => h("li", {}, one.what));
  const denied = listed(false);
  return [
    h("button", { id: "who", type: "button", class: "plain", popovertarget: "me", "aria-label": `${words.who.label}: ${words.who.is(name, role)}` }, role),
    h(
      "div",
      { id: "me", popover: "auto" },
      h("b", {}, words.who.is(name, role)),
      h("p", {}, words.who.may),
      h("ul", {}, listed(true)),
      denied.length ? [h("p", {}, words.who.may_not), h("ul", {}, denied)] : null,
      h("p", { class: "links" }, h("a", { href: "docs" }, words.who.links.docs), h("a", { href: "metrics", onclick: openWithToken }, words.who.links.metrics)),
      hasToken() ? h("button", { type: "button", onclick: forgetToken }, words.who.leave) : null,
    ),
  ];
}

// A link carries no token: where there is one, the figures are fetched with it and opened from memory.
async function openWithToken(event) {
  if (!hasToken()) return;
  event.preventDefault();
  const response = await fetch("metrics", { headers: headers() });
  window.open(URL.createObjectURL(new Blob([await response.text()], { type: "text/plain" })));
}

function time(state) {
  if (!state.site) return null;
  const now = siteNow(state);
  return h("time", { id: "clock", datetime: new Date(now).toISOString(), title: fullTime(now) }, clock(now), " ", h("small", {}, zoneName(now)));
}

function notice(text) {
  const element = byId("notice");
  element.hidden = !text;
  if (element.textContent !== text) element.textContent = text;
}

// Alarms that nobody has acknowledged, the most urgent with its consequence; the others are counted.
function drawAlarms(state) {
  const active = state.data.events?.value?.active ?? [];
  const [first, ...others] = active.filter((alarm) => !alarm.acknowledged_at && !alarm.shelved);
  const bar = byId("alarms");
  bar.hidden = !first;
  bar.setAttribute("aria-label", words.alarms.label);
  if (!first) return;
  bar.dataset.priority = first.priority;
  const since = age((siteNow(state) - new Date(first.since)) / 1000);
  fill(
    bar,
    h("p", {}, h("b", {}, `${words.alarms.priority[first.priority]} ${first.what.replace(/\.$/, "")}`), ` ${words.alarms.since(since)} · ${first.consequence} ${first.done}`),
    others.length ? h("a", { href: address({ view: "events" }) }, words.alarms.more(others.length)) : null,
    acknowledgeButton(first, state),
  );
}

export function acknowledgeButton(alarm, state) {
  const { allowed, why } = state.me.may.acknowledge;
  return h("button", { type: "button", disabled: !allowed, title: why || null, "data-key": alarm.id, onclick: () => acknowledge(alarm.id) }, words.alarms.acknowledge);
}

async function acknowledge(id) {
  await press("POST", `api/v1/events/${encodeURIComponent(id)}/acknowledge`);
  await refresh("events");
}
