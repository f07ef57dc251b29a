// Orders to the portfolio: preview, confirm, told; and calling an activation off. Losing the page changes nothing.
import { send } from "../api.js";
import { isSecondClick } from "../parts/dialog.js";
import { fill, h } from "../parts/dom.js";
import { withLocalTimes } from "../parts/format.js";
import { power } from "./power.js";
import { refresh } from "./state.js";
import { fleetWords as words } from "./words.js";

const dialog = () => document.getElementById("command");
const close = () => dialog().close();
const newKey = () => `page-${[...crypto.getRandomValues(new Uint8Array(8))].map((octet) => octet.toString(16).padStart(2, "0")).join("")}`;

function open(title, ...content) {
  const element = dialog();
  element.setAttribute("aria-labelledby", "command-title");
  element.replaceChildren();
  fill(element, h("form", { method: "dialog", onsubmit: (event) => event.preventDefault() }, h("h2", { id: "command-title" }, title), content));
  if (!element.open) element.showModal();
  element.querySelector("[data-focus]")?.focus();
}

const fault = (said) => h("p", { class: "abnormal high", role: "alert", hidden: !said }, said);

export function askToOrder(values = { volume: "", direction: "up", minutes: "30", reason: "" }, said = "") {
  const field = (name, label, more) => h("label", {}, label, h("input", { name, value: values[name], ...more }));
  open(
    words.ask_title,
    field("volume", words.volume, { type: "number", min: 1, required: true, inputmode: "numeric", "data-focus": true }),
    h("label", {}, words.way, h("select", { name: "direction" }, Object.entries(words.ways).map(([way, label]) => h("option", { value: way, selected: way === values.direction }, label)))),
    field("minutes", words.minutes, { type: "number", min: 1, max: 1440, required: true, inputmode: "numeric" }),
    field("reason", words.reason, { maxlength: 200 }),
    fault(said),
    h("div", { class: "actions" }, h("button", { type: "button", onclick: close }, words.cancel), h("button", { type: "button", class: "strong", onclick: look }, words.look)),
  );
}

async function look() {
  const form = dialog().querySelector("form");
  if (form.reportValidity()) await show(Object.fromEntries(new FormData(form)));
}

async function show(values, said = "") {
  const answer = await send("POST", "api/v1/fleet/activations?preview=true", bodyOf(values));
  if (!answer.ok) {
    askToOrder(values, words.refused(answer.body?.message ?? `HTTP ${answer.status}`));
    return;
  }
  confirmOrder(values, answer.body, newKey(), said);
}

const bodyOf = (values) => ({ volume: Number(values.volume), direction: values.direction, until: `${values.minutes}min`, reason: values.reason });

function confirmOrder(values, preview, key, said = "") {
  open(
    words.ask_title,
    h("ul", { id: "effect" }, preview.effect.map((sentence) => h("li", {}, withLocalTimes(sentence, Date.now())))),
    fault(said),
    h(
      "div",
      { class: "actions" },
      h("button", { type: "button", "data-focus": true, onclick: () => askToOrder(values) }, words.back),
      h("button", { type: "button", class: "strong", onclick: (event) => isSecondClick(event) || order(values, preview, key) }, words.confirm(power(Number(values.volume)), values.minutes)),
    ),
  );
}

// The same key again is the same command: a double tap orders once. What has changed since it was looked at is shown anew.
async function order(values, preview, key) {
  const confirmed = { "If-Match": `"${preview.version}"`, "Idempotency-Key": key };
  const answer = await send("POST", "api/v1/fleet/activations", bodyOf(values), confirmed);
  if (answer.status === 412) {
    await show(values, words.changed);
    return;
  }
  if (!answer.ok) {
    confirmOrder(values, preview, key, words.refused(answer.body?.message ?? `HTTP ${answer.status}`));
    return;
  }
  close();
  refresh();
}

export function askToCallOff(id, said = "") {
  open(
    words.call_off_title(id),
    h("p", {}, words.call_off_text),
    fault(said),
    h("div", { class: "actions" }, h("button", { type: "button", "data-focus": true, onclick: close }, words.keep), h("button", { type: "button", class: "danger", onclick: () => callOff(id) }, words.call_off_now)),
  );
}

async function callOff(id) {
  const answer = await send("DELETE", `api/v1/fleet/activations/${encodeURIComponent(id)}`);
  if (!answer.ok) {
    askToCallOff(id, words.refused(answer.body?.message ?? `HTTP ${answer.status}`));
    return;
  }
  close();
  refresh();
}
