// Dialogs: the token that a site asks for, and commands: preview, confirm, told, seen.
import { refresh, send } from "../api.js";
import { words } from "../words.js";
import { fill, h } from "./dom.js";
import { inWords } from "./format.js";

const said = words.command;
let command = null; // the one that is open

// Asks for the token; the answer is what was typed, or "".
export function askForToken(wasWrong) {
  const dialog = document.getElementById("ask");
  const input = h("input", { id: "token", type: "password", autocomplete: "off", required: true });
  const { token } = words;
  dialog.setAttribute("aria-labelledby", "ask-title");
  fill(
    dialog,
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "ask-title" }, token.title),
      h("p", { id: "ask-reason", class: "small" }, wasWrong ? token.wrong : token.hint),
      h("label", {}, token.label, input),
      h("p", { class: "small" }, token.kept),
      h("div", { class: "actions" }, h("button", { type: "submit", class: "strong" }, token.open)),
    ),
  );
  if (!dialog.open) dialog.showModal();
  return new Promise((done) => {
    dialog.onclose = () => {
      const typed = dialog.querySelector("#token").value;
      dialog.replaceChildren();
      done(typed);
    };
  });
}

// Opens a command:
//   title   (values) → what it is called,
//   fields  (values, state) → elements whose names are the values,
//   request (values, state) → {method, path, body}: what is sent; with `?preview=true` first,
//   button  (values) → what the confirming button says: action and duration,
//   picture (element, preview, state): draws what it would change,
//   follow  (state, sent) → {told, seen, lines}: whether it was told and seen since, and what is said of it.
export function openCommand(kind, values = {}) {
  const dialog = document.getElementById("command");
  command = { kind, values, step: "ask", fault: "", preview: null, key: newKey(), sent: null, isBusy: false };
  dialog.setAttribute("aria-labelledby", "command-title");
  dialog.onclose = () => {
    if (dialog.open) return; // told late: another command is open by now
    command = null;
    dialog.replaceChildren();
  };
  dialog.replaceChildren();
  drawn = null;
  changed();
  dialog.showModal();
  focus();
}

let latest = null;
let drawn = null;

// Draws what is open; called whenever something is new.
export function drawDialog(state) {
  latest = state;
  if (!command) return;
  const steps = { ask, look, sent };
  fill(document.getElementById("command"), steps[command.step](state));
  if (command.step === "look" && command.preview.series?.length) command.kind.picture(document.querySelector('#command [data-keep="effect"]'), command.preview, state);
  if (drawn !== command.step) focus();
  drawn = command.step;
}

const changed = () => latest && drawDialog(latest);

function focus() {
  const dialog = document.getElementById("command");
  if (dialog.open) (dialog.querySelector("[data-focus]") ?? dialog.querySelector("input, select, button"))?.focus();
}

const cancel = (more = {}) => h("button", { type: "button", ...more, onclick: () => document.getElementById("command").close() }, said.cancel);
const heading = () => h("h2", { id: "command-title" }, command.kind.title(command.values));
const fault = () => (command.fault ? h("p", { class: "abnormal", role: "alert" }, `${words.alarms.priority.medium} ${command.fault}`) : null);

function ask(state) {
  const take = (event) => {
    command.values = { ...command.values, ...Object.fromEntries(new FormData(event.currentTarget)) };
    command.key = newKey(); // another command than what may have been sent before
    changed();
  };
  return h(
    "form",
    { method: "dialog", "data-key": "ask", oninput: take, onsubmit: submit(preview) },
    heading(),
    command.kind.fields(command.values, state),
    fault(),
    h("div", { class: "actions" }, cancel(), h("button", { type: "submit", class: "strong", disabled: command.isBusy }, said.preview)),
  );
}

function look() {
  const { effect, series } = command.preview;
  return h(
    "form",
    { method: "dialog", "data-key": "look", onsubmit: submit(confirm) },
    heading(),
    h("p", {}, h("b", {}, said.would)),
    h("ul", {}, effect.map((sentence) => h("li", {}, inWords(sentence, Date.now())))),
    series?.length ? h("div", { "data-keep": "effect", class: "effect" }) : null,
    command.values.reason ? h("p", { class: "reason" }, said.because(command.values.reason)) : null,
    fault(),
    h(
      "div",
      { class: "actions" },
      cancel({ "data-focus": true }),
      h("button", { type: "button", onclick: () => to("ask") }, said.change),
      h("button", { type: "submit", class: "danger", id: "confirm", disabled: command.isBusy, onclick: unlessSecond }, command.kind.button(command.values)),
    ),
    h("p", { class: "small" }, said.note(latest.me)),
  );
}

// What became of it is only ever what the site's own ticks say.
function sent(state) {
  const { told, seen, lines } = command.kind.follow(state, command.sent);
  const step = (isDone, text) => h("li", { "data-done": isDone ? "yes" : "no" }, `${isDone ? "✓" : "…"} ${text}`);
  return h(
    "form",
    { method: "dialog", "data-key": "sent" },
    heading(),
    h("ol", { class: "told", role: "status" }, step(true, said.accepted), step(told, lines.told), step(seen, lines.seen)),
    h("div", { class: "actions" }, h("button", { type: "submit", "data-focus": true }, said.close)),
  );
}

function to(step, more = {}) {
  Object.assign(command, { step, fault: "", isBusy: false }, more);
  changed();
}

// The second click of a double click: what has come under the pointer since the first one, nobody has looked at.
export const isSecondClick = (event) => event.detail > 1;

const unlessSecond = (event) => {
  if (isSecondClick(event)) event.preventDefault();
};

// Forms are not sent by the browser; while an answer is awaited nothing is sent again.
function submit(work) {
  return async (event) => {
    event.preventDefault();
    const mine = command;
    if (!mine || mine.isBusy) return;
    mine.isBusy = true;
    changed();
    await work(mine);
  };
}

async function preview(mine) {
  const { method, path, body } = mine.kind.request(mine.values, latest);
  const answer = await send(method, withPreview(path), body);
  if (mine !== command) return;
  if (answer.ok) to("look", { preview: answer.body });
  else to("ask", { fault: faultOf(answer) });
}

async function confirm(mine) {
  const { method, path, body } = mine.kind.request(mine.values, latest);
  const tick = latest.site.tick?.number ?? 0;
  const answer = await send(method, path, body, { "If-Match": `"${mine.preview.version}"`, "Idempotency-Key": mine.key });
  if (mine !== command) return;
  if (answer.status === 412) {
    await preview(mine);
    if (mine === command && mine.step === "look") to("look", { fault: said.changed });
  } else if (answer.ok) {
    to("sent", { sent: { answer: answer.body, values: mine.values, tick, at: performance.now() } });
    refresh();
  } else {
    to(mine.step, { fault: faultOf(answer) });
  }
}

const withPreview = (path) => `${path}${path.includes("?") ? "&" : "?"}preview=true`;

// The server's sentence, with its faults by field; an unanswered command may have been done.
function faultOf(answer) {
  if (answer.status === 0) return said.unanswered;
  const faults = answer.body?.details?.faults;
  return faults?.length ? faults.map(({ field, message }) => `${field}: ${message}`).join("; ") : (answer.body?.message ?? `HTTP ${answer.status}`);
}

// A double tap is one command. (randomUUID is only there on https and on this machine.)
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((octet) => octet.toString(16).padStart(2, "0")).join("");
}
