// Now: what happens, why, and what comes next; the last hours and the plan on one axis.
import { chart } from "../parts/chart.js";
import { h } from "../parts/dom.js";
import { timeZone } from "../parts/format.js";
import { words } from "../words.js";

const HOUR_MS = 3600e3;

export default {
  name: "now",
  permission: "see",
  needs: (place, state) => ({
    plan: { path: "api/v1/plan?hours=24", every_s: 60 },
    ...(state.site.pcc ? { grid: { path: "api/v1/history?of=grid&from=-8h&step=60", every_s: 20 } } : {}),
  }),
  draw: () => [
    h("h1", {}, words.views.now),
    h("section", { class: "card" }, h("div", { class: "head" }, h("h2", {}, "Last 8 hours and the plan")), h("div", { "data-keep": "course" })),
  ],
  update(main, place, state) {
    const { grid, plan } = state.data;
    if (!plan?.value) return;
    const now = Math.round(state.now / 60e3) * 60e3;
    const pcc = state.site.pcc;
    const panels = [];
    if (grid?.value) {
      panels.push({
        id: "grid", title: "Grid connection", unit: "kW", flow: words.grid_flow,
        series: [{ name: "measured", look: "area", of: "grid", measured: true, from: grid.value.from, step_s: grid.value.step_s, values: grid.value.series.import.mean }],
        limits: pcc ? [{ name: "import limit", value: pcc.import_limit_kw }, { name: "export limit", value: -pcc.export_limit_kw }] : [],
      });
    }
    chart(main.querySelector('[data-keep="course"]'), {
      label: "Last 8 hours and the plan", from: new Date(now - 8 * HOUR_MS).toISOString(), to: new Date(now + 24 * HOUR_MS).toISOString(),
      now: new Date(now).toISOString(), time_zone: timeZone(), locale: words.locale, texts: words.chart, panels,
    });
  },
};
