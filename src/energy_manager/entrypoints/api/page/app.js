// The page: which view the address names, what it needs, and when it is drawn; the views are in views/index.js.
import * as api from "./api.js";
import { askForToken, drawDialog } from "./parts/dialog.js";
import { fill, h } from "./parts/dom.js";
import { useZone } from "./parts/format.js";
import { drawShell, siteNow } from "./shell.js";
import { address, placeOf } from "./place.js";
import { VIEWS, bring } from "./views/index.js";
import { words } from "./words.js";

const main = document.getElementById("main");
// What the header shows, on every view.
const SHELL = { events: { path: "api/v1/events?limit=1", every_s: 2 }, overrides: { path: "api/v1/overrides", every_s: 3 } };

const OTHERS_AFTER_MS = 1500;

let place = placeOf(location.hash);
let isAwaited = false;
let isMore = false;
let wanted = "";

// What this person may see, of what this site has.
const allowed = () => VIEWS.filter((view) => api.state.me?.may[view.permission]?.allowed && (!view.offer || api.state.site?.offers?.includes(view.offer)));
const viewOf = (name) => allowed().find((view) => view.name === name);

// Another place is drawn anew; what only narrows the same view (a filter, a search) leaves it and the focus as they are.
function arrive() {
  const former = place;
  place = placeOf(location.hash);
  if (former.view === place.view && former.asset === place.asset) return draw();
  main.replaceChildren();
  draw();
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
  return undefined;
}

// What is new is drawn once a frame, however much of it came; as time passes only the header is.
function changed({ isOnlyTime = false } = {}) {
  isMore ||= !isOnlyTime;
  if (isAwaited) return;
  isAwaited = true;
  requestAnimationFrame(() => {
    const isAll = isMore;
    isAwaited = isMore = false;
    if (isAll) draw();
    else drawShell(api.state, allowed(), place);
  });
}

function draw() {
  const { state } = api;
  useZone(state.site?.time_zone);
  if (!place.view && allowed().length) place = { ...place, view: allowed()[0].name };
  const view = viewOf(place.view);
  drawShell(state, allowed(), place);
  if (!state.site || !state.me) return;
  document.title = `${view ? `${words.views[view.name]} · ` : ""}${state.site.site} · ${words.product}`;
  if (!view) {
    fill(main, h("h1", {}, words.unknown_view), h("p", {}, h("a", { href: address({ view: allowed()[0]?.name ?? "" }) }, words.views.now)));
    return;
  }
  if (!bring(view, () => changed())) {
    fill(main, h("p", { class: "empty" }, words.loading));
    return;
  }
  fetchFor(view);
  const shown = { ...state, now: siteNow(state) };
  main.classList.toggle("old", state.connection !== "live");
  fill(main, view.draw(place, shown));
  view.update?.(main, place, shown);
  drawDialog(shown);
  bringOthers();
}

// So that they are there at a touch, and when the server is not; after the first picture, which they would hold up.
let areOthersAsked = false;
function bringOthers() {
  if (areOthersAsked) return;
  areOthersAsked = true;
  setTimeout(() => allowed().forEach((view) => bring(view, () => view.name === place.view && changed())), OTHERS_AFTER_MS);
}

// The needs follow place and site; they are asked for again only where they have become others.
function fetchFor(view) {
  const needs = { ...(api.state.me.may.see.allowed ? SHELL : {}), ...view.needs(place, api.state) };
  const said = JSON.stringify(needs);
  if (said === wanted) return;
  wanted = said;
  api.want(needs);
}

addEventListener("hashchange", arrive);
addEventListener("visibilitychange", () => document.hidden || api.refresh());
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
api.start(changed, askForToken);
