// A command that takes a few words: a dialog with fields. What the server refuses is told in it, and nothing is lost.
import { words } from "../words.js";
import { built, fill, h } from "./dom.js";

// fields: [{ name, label, type: "text" | "number" | "select" | "datetime-local" | "password", value, options: [[value, text]],
// hint, …attributes }]; send(values) answers as api.send does; done(body) may show what came of it.
export function ask({ title, about = null, fields, button, danger = false, send, done = () => {} }) {
  const dialog = document.getElementById("command");
  dialog.setAttribute("aria-labelledby", "form-title");
  const onsubmit = async (event) => {
    event.preventDefault();
    const submit = form.querySelector("[type=submit]");
    if (submit.disabled || !form.reportValidity()) return;
    submit.disabled = true;
    const answer = await send(Object.fromEntries(new FormData(form)));
    submit.disabled = false;
    if (!answer.ok) {
      form.querySelector(".refusal").textContent = answer.body?.message ?? words.form.no_answer;
      return;
    }
    dialog.close();
    done(answer.body);
  };
  const form = built(
    h(
      "form",
      { novalidate: true, onsubmit },
      h("h2", { id: "form-title" }, title),
      about ? h("p", { class: "small" }, about) : null,
      fields.map(field),
      h("p", { role: "alert", class: "refusal" }),
      h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog.close() }, words.form.cancel), h("button", { type: "submit", class: danger ? "danger" : "strong" }, button)),
    ),
  );
  fill(dialog);
  dialog.append(form);
  dialog.onclose = () => dialog.open || dialog.replaceChildren(); // told late, another one may be open by now
  dialog.showModal();
}

function field({ name, label, type = "text", value = "", options = [], hint = null, ...attributes }) {
  const said = { name, autocomplete: "off", ...attributes };
  const input =
    type === "select"
      ? h("select", said, options.map(([own, text]) => h("option", { value: own, selected: own === value }, text)))
      : h("input", { type, ...said, value });
  return h("label", {}, label, input, hint ? h("small", {}, hint) : null);
}

// A button that the server's rules may forbid: disabled then, and it says why.
export function command(text, may, onclick, more = {}) {
  return h("button", { type: "button", disabled: !may.allowed, title: may.allowed ? null : may.why, onclick, ...more }, text);
}

// Beside buttons that are all forbidden: why, in a sentence that also a finger and a screen reader find.
export const whyNot = (may) => (may.allowed ? null : h("p", { class: "small why-not" }, may.why));
