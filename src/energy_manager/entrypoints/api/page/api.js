// The way to the server: the live stream of the site, what views need besides, commands, and the token where one is asked for.
import { courseNeeds, NOW_SPAN } from "./course_needs.js";

const KEY = "energy-manager.token";
const PATIENCE_MS = 8000;
const FAULT_MS = 30_000;
const LONGEST_PAUSE_MS = 1500;
const ALARMS_AFTER_MS = [0, 600, 1200];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// What is known. `site` is the newest document; `data` has what the needs of the view brought, by name: {value, error,
// askedAt: the tick at which it was asked for}.
export const state = {
  site: null,
  me: null,
  data: {},
  connection: "connecting", // live, lost, closed: how the way to the server is, not whether the loop ticks
  refusal: "",
  fault: null, // of the last command of one press that was not done: {status, message}
  tickedAt: 0, // performance.now() of the newest tick's arrival
};

let changed = () => {};
let askForToken = async () => "";
let needs = {};
let timers = [];

export function start(onChange, onTokenNeeded) {
  changed = onChange;
  askForToken = onTokenNeeded;
  setInterval(() => changed({ isOnlyTime: true }), 1000);
  follow();
}

export function headers() {
  const token = sessionStorage.getItem(KEY);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

export const hasToken = () => sessionStorage.getItem(KEY) !== null;

export function forgetToken() {
  sessionStorage.removeItem(KEY);
  location.reload();
}

// GET a document; throws an Error with the server's sentence, and its status.
export async function get(path) {
  const answer = await send("GET", path);
  if (!answer.ok) throw Object.assign(new Error(answer.body?.message ?? `HTTP ${answer.status}`), { status: answer.status });
  return answer.body;
}

// Any request: {ok, status, body, version}; an unanswered one is {ok: false, status: 0}.
export async function send(method, path, body = undefined, more = {}) {
  const sent = body === undefined ? {} : { "content-type": "application/json" };
  const options = { method, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS), headers: { ...headers(), ...sent, ...more } };
  if (body !== undefined) options.body = JSON.stringify(body);
  return answerOf(fetch(path, options));
}

// A command of one press: where it is not done, the notice on every view says so for a while.
export async function press(method, path) {
  const { ok, status, body } = await send(method, path);
  const fault = ok ? null : { status, message: body?.message ?? `HTTP ${status}` };
  state.fault = fault;
  changed();
  if (fault) setTimeout(() => state.fault === fault && ((state.fault = null), changed()), FAULT_MS);
}

async function answerOf(asked) {
  try {
    const response = await asked;
    const text = await response.text();
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    return { ok: response.ok, status: response.status, body: isJson && text ? JSON.parse(text) : text, version: response.headers.get("etag") };
  } catch {
    return { ok: false, status: 0, body: null, version: null };
  }
}

// What the view wants: by name {path, every_s}. Fetched at once and then again while the page is seen.
export function want(wanted) {
  timers.forEach(clearInterval);
  const same = Object.fromEntries(Object.entries(wanted).filter(([name, { path }]) => needs[name]?.path === path));
  state.data = Object.fromEntries(Object.entries(state.data).filter(([name]) => name in same));
  needs = wanted;
  refresh();
  timers = Object.entries(needs).map(([name, { every_s }]) => setInterval(() => document.hidden || load(name), 1000 * every_s));
}

// Fetch anew what is wanted, or only one of it: after a command, and after an outage.
export function refresh(name = undefined) {
  return Promise.all((name ? [name] : Object.keys(needs)).map(load));
}

async function load(name) {
  const need = needs[name];
  if (!need || !state.me || state.connection !== "live") return;
  const path = typeof need.path === "function" ? need.path() : need.path;
  const askedAt = state.site?.tick?.at;
  try {
    const value = await (takeEarly(path) ?? get(path));
    if (needs[name] !== need) return;
    if (isKnown(name, value)) {
      state.data[name].askedAt = askedAt;
      return;
    }
    state.data[name] = { value, error: "", askedAt };
  } catch (error) {
    if (needs[name] !== need) return;
    state.data[name] = { value: state.data[name]?.value, error: error.message };
  }
  changed();
}

// Most answers are those of before: nothing is drawn again for them.
function isKnown(name, value) {
  const known = state.data[name];
  return known !== undefined && known.error === "" && JSON.stringify(known.value) === JSON.stringify(value);
}

// Shows the site now and at each tick, for as long as the page is open.
async function follow() {
  for (let failures = 0; ; failures++) {
    const isOpen = await enter();
    if (isOpen) {
      failures = 0;
      await (state.me.may.see.allowed ? listen() : poll());
      become("lost");
    }
    await pause(Math.min(LONGEST_PAUSE_MS, 250 * 2 ** Math.min(failures, 3)));
  }
}

const ask = () => Promise.all([send("GET", "api/v1/me"), send("GET", "api/v1/site")]);
// Asked for by early.js; the page of a fleet has no site of its own.
let early = globalThis.askedEarly ? Promise.all(globalThis.askedEarly.map(answerOf)) : null;
const earlyDocuments = new Map();
early?.then(askEarly);

// The view that most begin with takes what the server reads longest: that is asked for before the view is drawn.
function askEarly([me, site]) {
  if (!me.ok || !site.ok || !me.body.may.see.allowed || !/^#?(\/(now)?)?$/.test(location.hash)) return;
  for (const { path } of Object.values(courseNeeds(site.body, NOW_SPAN))) {
    const answer = get(path);
    answer.catch(() => null); // told where the view asks
    earlyDocuments.set(path, answer);
  }
}

// Once: whoever asks again wants what is newer.
function takeEarly(path) {
  const answer = earlyDocuments.get(path);
  earlyDocuments.delete(path);
  return answer;
}

// Who we are and the site as it is; false where it is closed to us, or nobody answers.
async function enter() {
  const [me, site] = await (early ?? ask());
  early = null;
  if (me.status === 401) {
    become("closed", me.body?.message ?? "");
    const token = await askForToken(hasToken());
    if (token) sessionStorage.setItem(KEY, token);
    return false;
  }
  const refused = [me, site].find((answer) => !answer.ok);
  if (refused) {
    become(refused.status === 0 || refused.status >= 500 ? "lost" : "closed", refused.body?.message ?? "");
    return false;
  }
  state.me = me.body;
  become("live");
  take(site.body);
  refresh();
  return true;
}

function become(connection, refusal = "") {
  state.connection = connection;
  state.refusal = refusal;
  changed();
}

function take(site) {
  const tick = site.tick && `${site.tick.number} ${site.tick.at}`;
  const former = state.site?.tick && `${state.site.tick.number} ${state.site.tick.at}`;
  if (tick !== former || !state.tickedAt) state.tickedAt = performance.now();
  const isOther = troubled(site) !== troubled(state.site);
  state.site = site;
  changed();
  if (isOther) ALARMS_AFTER_MS.forEach((ms) => setTimeout(() => load("events"), ms));
}

// Who is not well. Where that changes an alarm comes or goes within a second: it is not waited for until it is asked for anyway.
const troubled = (site) => (site?.assets ?? []).filter((asset) => asset.state !== "ok").map((asset) => `${asset.id} ${asset.state}`).join("\n");

// Ends when the stream does, or when it has been silent for so long that it must be dead.
function listen() {
  const address = new URL("api/v1/live", document.baseURI);
  address.protocol = address.protocol.replace("http", "ws");
  return new Promise((done) => {
    const stream = new WebSocket(address, ["energy-manager", ...tokenAsSubprotocol()]);
    let heardAt = performance.now();
    const watchdog = setInterval(() => {
      if (performance.now() - heardAt > Math.max(20000, 10000 * (state.site?.period_s ?? 0))) end();
    }, 1000);
    const end = () => {
      clearInterval(watchdog);
      stream.onclose = stream.onmessage = null;
      stream.close();
      done();
    };
    stream.onclose = end;
    stream.onmessage = (message) => {
      heardAt = performance.now();
      take(JSON.parse(message.data));
    };
  });
}

// Residents may not follow each tick: the totals are asked for.
async function poll() {
  for (;;) {
    await pause(Math.max(2000, 1000 * (state.site?.period_s ?? 2)));
    const site = await send("GET", "api/v1/site");
    if (!site.ok) return;
    take(site.body);
  }
}

// Headers cannot be set on a WebSocket: the token comes as a subprotocol, in base64url.
function tokenAsSubprotocol() {
  const token = sessionStorage.getItem(KEY);
  if (!token) return [];
  const octets = String.fromCharCode(...new TextEncoder().encode(token));
  return [`bearer.${btoa(octets).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`];
}
