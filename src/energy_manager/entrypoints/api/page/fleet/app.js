// The fleet's page: when it is asked for, and when it is drawn. One page, one view.
import { get, hasToken, send } from "../api.js";
import { askForToken } from "../parts/dialog.js";
import { fill, h } from "../parts/dom.js";
import { showCourse } from "./course.js";
import { drawHeader, drawMain } from "./draw.js";
import { refresh, state, whenChanged } from "./state.js";
import { fleetWords as words } from "./words.js";

const EVERY_MS = 2000;
const COURSE_EVERY_MS = 4000;
const LATE_MS = 6000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const KEY = "energy-manager.token";

function draw() {
  document.getElementById("skip").textContent = words.skip;
  const isOld = performance.now() - state.heardAt > LATE_MS;
  const main = document.getElementById("main");
  const notice = document.getElementById("notice");
  const said = state.refusal || (isOld && state.heardAt ? words.lost : "");
  notice.hidden = !said;
  if (notice.textContent !== said) notice.textContent = said;
  main.classList.toggle("old", isOld);
  fill(document.getElementById("header"), drawHeader(state, isOld));
  if (!state.fleet) {
    fill(main, h("p", { class: "empty" }, words.loading));
    return;
  }
  document.title = state.fleet.name;
  fill(main, drawMain(state));
  showCourse(main.querySelector('[data-keep="course"]'), state);
}

async function enter() {
  const me = await send("GET", "api/v1/me");
  if (me.status === 401) {
    const token = await askForToken(hasToken());
    if (token) sessionStorage.setItem(KEY, token);
    return;
  }
  if (!me.ok) throw new Error(me.body?.message ?? "");
  state.me = me.body;
}

// Asks again and again while the page is seen; what fails is tried again, and said.
async function follow(every_ms, ask) {
  for (;;) {
    try {
      if (!state.me) await enter();
      if (state.me && !document.hidden) await ask();
    } catch (error) {
      if (error.status === 401) state.me = null;
      else if (error.status === 403) state.refusal = error.message;
      draw();
    }
    await pause(every_ms);
  }
}

async function refreshCourse() {
  state.course = await get("api/v1/fleet/course");
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});
whenChanged(draw);
follow(EVERY_MS, refresh);
setTimeout(() => follow(COURSE_EVERY_MS, refreshCourse), 300);
setInterval(draw, 1000);
