// Dialogs: the token that a site asks for, and commands (preview, confirm, told, seen).
import { fill, h } from "./dom.js";
import { words } from "../words.js";

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
