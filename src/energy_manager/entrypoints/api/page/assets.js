// The assets, a row each; rows are made once and then only changed.
import { number, put } from "./writing.js";

const SHOWN_AT_FIRST = 200;
const MANY = 8;
const STATES = ["late", "failed", "absent", "stale", "disobeys", "ok"];
const byId = (id) => document.getElementById(id);

export class Assets {
  constructor(choose) {
    this.choose = choose;
    this.rows = new Map();
    this.only = null;
    this.isAllShown = false;
    byId("search").addEventListener("input", () => this.arrange());
    byId("more").addEventListener("click", () => {
      this.isAllShown = true;
      this.arrange();
    });
  }

  show(site) {
    this.site = site;
    this.offerStates();
    byId("search").hidden = site.assets.length <= MANY;
    this.arrange();
  }

  // Puts the rows that are wanted into the page, in the order of the site.
  arrange() {
    if (!this.site) return;
    const words = byId("search").value.trim().toLowerCase();
    const wanted = this.site.assets.filter((asset) =>
      (!this.only || asset.state === this.only) && (!words || asset.id.toLowerCase().includes(words)));
    const shown = this.isAllShown ? wanted : wanted.slice(0, SHOWN_AT_FIRST);
    const ids = new Set(shown.map((asset) => asset.id));
    for (const [id, row] of this.rows) {
      if (!ids.has(id)) {
        row.element.remove();
        this.rows.delete(id);
      }
    }
    let next = byId("assets").firstChild;
    for (const asset of shown) {
      if (!this.rows.has(asset.id)) this.rows.set(asset.id, new Row(asset.id, this.choose));
      const row = this.rows.get(asset.id);
      row.show(asset, this.site);
      if (row.element === next) next = next.nextSibling;
      else byId("assets").insertBefore(row.element, next);
    }
    byId("none").hidden = shown.length > 0;
    byId("more").hidden = shown.length === wanted.length;
    put(byId("more"), `Show all ${number(wanted.length)}`);
  }

  offerStates() {
    const counts = new Map();
    for (const { state } of this.site.assets) counts.set(state, (counts.get(state) ?? 0) + 1);
    if (this.only && !counts.has(this.only)) this.only = null;
    const choices = [[null, `all ${number(this.site.assets.length)}`]];
    for (const state of STATES) if (counts.has(state)) choices.push([state, `${number(counts.get(state))} ${state}`]);
    const buttons = byId("states").children;
    while (buttons.length > choices.length) buttons[buttons.length - 1].remove();
    choices.forEach(([state, words], place) => {
      const button = buttons[place] ?? byId("states").appendChild(document.createElement("button"));
      button.type = "button";
      button.onclick = () => {
        this.only = state;
        this.offerStates();
        this.arrange();
      };
      button.setAttribute("aria-pressed", state === this.only);
      put(button, words);
    });
  }
}

class Row {
  constructor(id, choose) {
    this.element = part("div", "row", { role: "row" });
    const name = part("button", "", { type: "button", title: "show in the chart" });
    name.textContent = id;
    name.addEventListener("click", () => choose(id));
    const cell = (classes, label) => this.element.appendChild(part("span", classes, { role: "cell", ...(label && { "data-label": label }) }));
    cell("id").append(name);
    this.bar = new Bar(cell("bar"));
    this.scheduled = cell("figure", "scheduled");
    const target = cell("figure", "target");
    this.target = target.appendChild(part("span"));
    this.change = target.appendChild(part("span", "change"));
    this.output = cell("figure", "output");
    this.potential = cell("figure", "potential");
    this.age = cell("figure", "status");
    this.state = cell("state");
    this.by = cell("by");
  }

  show(asset, site) {
    put(this.scheduled, number(asset.scheduled));
    put(this.target, asset.released ? "released" : number(asset.target));
    const change = asset.target === null ? 0 : asset.target - asset.scheduled;
    put(this.change, change ? `${change > 0 ? "+" : "−"}${number(Math.abs(change))}` : "");
    this.change.classList.toggle("short", change < 0);
    put(this.output, number(asset.output));
    put(this.potential, number(asset.potential));
    put(this.age, asset.status_age_s === null ? "never" : age(asset.status_age_s));
    this.age.classList.toggle("old", asset.status_age_s > site.status_max_age_s);
    put(this.state, asset.state);
    this.state.title = asset.counts_as === undefined ? "" : `counts as ${number(asset.counts_as)}, whatever it is told`;
    this.state.dataset.state = asset.state;
    put(this.by, asset.decided_by ?? "");
    this.bar.show(asset);
  }
}

// Potential, output and target on one scale, from the least of them or 0 to the greatest.
class Bar {
  constructor(element) {
    element.setAttribute("aria-hidden", "true");
    for (const name of ["track", "potential", "output", "zero", "target"]) this[name] = element.appendChild(part("span", name));
  }

  show({ scheduled, target, output, potential }) {
    const powers = [0, scheduled, target ?? 0, output ?? 0, potential ?? 0];
    const least = Math.min(...powers);
    const span = Math.max(...powers) - least || 1;
    const place = (power) => (100 * (power - least)) / span;
    stretch(this.potential, place(0), place(potential ?? 0));
    stretch(this.output, place(Math.min(0, output ?? 0)), place(Math.max(0, output ?? 0)));
    this.zero.hidden = least === 0;
    this.zero.style.left = `${place(0)}%`;
    this.target.hidden = target === null;
    this.target.style.left = `${place(target ?? 0)}%`;
  }
}

function stretch(element, from, to) {
  element.style.left = `${from}%`;
  element.style.width = `${to - from}%`;
}

function age(seconds) {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${number(seconds / 60)} min` : `${number(seconds / 3600)} h`;
}

function part(tag, classes = "", attributes = {}) {
  const element = document.createElement(tag);
  element.className = classes;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
