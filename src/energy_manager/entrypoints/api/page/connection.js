// The live stream: opened, watched, reopened; and the token, where the site asks for one.
import { put } from "./writing.js";

const KEY = "energy-manager.token";
const PATIENCE_MS = 5000;
const LONGEST_PAUSE_MS = 10000;
const byId = (id) => document.getElementById(id);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let site = null;
let lastTick = null;
let tickedAt = 0;

export function headers() {
  const token = sessionStorage.getItem(KEY);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

// Shows the site now and at each tick, for as long as the page is open.
export async function follow(show) {
  setInterval(watch, 1000);
  for (let failures = 0; ; failures++) {
    try {
      if (await ask(show)) {
        failures = 0;
        await listen(show);
        state("lost", "connection lost", "The connection is lost; these are old figures. Trying again …");
      }
    } catch {
      state("lost", "connection lost", "The server does not answer; these are old figures. Trying again …");
    }
    await pause(Math.min(LONGEST_PAUSE_MS, 500 * 2 ** Math.min(failures, 6)));
  }
}

// The site as it is; false where it is closed to us.
async function ask(show) {
  const response = await fetch("api/v1/site", { headers: headers(), cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (response.ok) {
    take(await response.json(), show);
    return true;
  }
  const { message } = await response.json();
  if (response.status === 401) {
    state("closed", "token needed", "");
    await askForToken();
  } else {
    state("closed", "closed", message);
  }
  return false;
}

// Ends when the stream does, or when it has been silent for so long that it must be dead.
function listen(show) {
  const address = new URL("api/v1/live", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  return new Promise((done) => {
    const stream = new WebSocket(address, ["energy-manager", ...tokenAsSubprotocol()]);
    let heardAt = performance.now();
    const watchdog = setInterval(() => {
      const silence = performance.now() - heardAt;
      if (silence > Math.max(4 * PATIENCE_MS, 10000 * (site?.period_s ?? 0))) end();
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
      take(JSON.parse(message.data), show);
    };
  });
}

function take(document, show) {
  site = document;
  const tick = site.tick && `${site.tick.number} ${site.tick.at}`;
  if (tick !== lastTick || !tickedAt) tickedAt = performance.now();
  lastTick = tick;
  show(site);
  watch("now");
}

// Says how things are; a stream that is open proves nothing about the loop.
function watch(now) {
  const isConnected = now === "now" || ["live", "silent"].includes(byId("connection").dataset.state);
  if (!site || !isConnected) return;
  const silentS = (performance.now() - tickedAt) / 1000;
  if (silentS > Math.max(3 * site.period_s, 3)) {
    const since = `${Math.round(silentS)} s`;
    state("silent", `no tick for ${since}`, `The dispatch loop has not ticked for ${since}: these are old figures.`);
  } else if (site.failure) {
    state("live", "live", `The tick could not be decided, all devices were told 0: ${site.failure}`);
  } else if (site.schedule_fault) {
    state("live", "live", `No schedule: ${site.schedule_fault}`);
  } else if (site.notices?.length) {
    state("live", "live", site.notices.join("; "));
  } else {
    state("live", "live", "");
  }
}

function state(name, words, notice) {
  byId("connection").dataset.state = name;
  put(byId("connection"), words);
  byId("notice").hidden = !notice;
  byId("notice").dataset.kind = name === "live" ? "warn" : "bad";
  put(byId("notice"), notice);
  document.querySelector("main").classList.toggle("old", name !== "live");
}

// Headers cannot be set on a WebSocket: the token comes as a subprotocol, in base64url.
function tokenAsSubprotocol() {
  const token = sessionStorage.getItem(KEY);
  if (!token) return [];
  const octets = String.fromCharCode(...new TextEncoder().encode(token));
  return [`bearer.${btoa(octets).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`];
}

function askForToken() {
  const dialog = byId("ask");
  put(byId("ask_reason"), sessionStorage.getItem(KEY) ? "The token that was given is not the site's." : "It stands in ENERGY_MANAGER_API__TOKEN.");
  byId("token").value = "";
  dialog.showModal();
  return new Promise((done) => {
    dialog.onclose = () => {
      if (byId("token").value) sessionStorage.setItem(KEY, byId("token").value);
      done();
    };
  });
}
