// The page: each snapshot of the site goes to the totals, the grid connection, the chart and the rows.
import { follow, headers } from "./connection.js";
import { Chart } from "./chart.js";
import { Assets } from "./assets.js";
import { number, put } from "./writing.js";

const byId = (id) => document.getElementById(id);
const chart = new Chart(byId("chart"), byId("subjects"), (subject) => explain(subject.asset));
const assets = new Assets((id) => {
  chart.show({ asset: id });
  byId("chart").scrollIntoView({ block: "nearest", behavior: "smooth" });
});

function show(site) {
  document.title = `${site.site} · energy_manager`;
  put(byId("site"), site.site);
  for (const unit of document.querySelectorAll(".unit")) put(unit, site.power_unit);
  const told = site.assets.filter((asset) => asset.target !== null || !site.tick);
  const measured = told.filter((asset) => isMeasured(asset, site));
  const output_total = measured.length ? measured.reduce((sum, asset) => sum + asset.output, 0) : null;
  const totals = { scheduled_total: site.scheduled_total, target_total: site.target_total, output_total, shortfall: site.shortfall };
  for (const [id, power] of Object.entries(totals)) put(byId(id), number(power));
  put(byId("output_detail"), outputWords(measured, told.length - measured.length));
  byId("shortfall_tile").classList.toggle("short", site.shortfall > 0);
  put(byId("tick"), site.tick ? number(site.tick.number) : "none yet");
  put(byId("tick_detail"), site.tick ? tickWords(site.tick, site.time_zone) : "");
  showPcc(site.pcc);
  assets.show(site);
  if (site.tick) chart.add(site, output_total);
}

// Missing is not 0, and what is too old to be believed is missing.
function isMeasured(asset, site) {
  return asset.output !== null && asset.status_age_s !== null && asset.status_age_s <= site.status_max_age_s;
}

function outputWords(measured, missing) {
  const age = measured.length ? `measured up to ${Math.max(...measured.map((asset) => asset.status_age_s)).toFixed(1)} s ago` : "";
  return [age, missing ? `${number(missing)} not measured` : ""].filter(Boolean).join(" · ");
}

const REASONS = {
  schedule: "follows its schedule",
  released: "runs by itself: the limits need nothing of it",
  returning: "is returning to its schedule",
  held: "keeps its target: there is no new measurement",
  safe: "is on the safe side: there was no measurement for long",
  "import limit": "keeps the import limit",
  "export limit": "keeps the export limit",
  "both limits": "cannot keep both limits",
};

function tickWords(tick, timeZone) {
  // The site's time, whoever looks from wherever, with the zone's name.
  const time = new Date(tick.at).toLocaleTimeString(undefined, { timeZone, timeZoneName: "short", hourCycle: "h23" });
  const skipped = tick.skipped ? ` · ${number(tick.skipped)} skipped` : "";
  return `${time} · lag ${tick.lag_ms.toFixed(1)} ms${skipped}`;
}

function showPcc(pcc) {
  byId("pcc").hidden = !pcc;
  if (!pcc) return;
  const measured = pcc.import_kw;
  const least = Math.min(-pcc.export_limit_kw, measured ?? 0) * 1.15;
  const most = Math.max(pcc.import_limit_kw, measured ?? 0, 1e-3) * 1.15;
  const place = (kw) => (100 * (kw - least)) / (most - least);
  const isOver = measured > pcc.import_limit_kw || measured < -pcc.export_limit_kw;
  const band = byId("pcc_band");
  band.style.left = `${place(Math.min(0, measured ?? 0))}%`;
  band.style.width = `${place(Math.abs(measured ?? 0)) - place(0)}%`;
  band.classList.toggle("over", isOver);
  for (const [id, kw] of [["pcc_zero", 0], ["pcc_least", -pcc.export_limit_kw], ["pcc_most", pcc.import_limit_kw]]) {
    byId(id).style.left = `${place(kw)}%`;
  }
  byId("pcc_needle").hidden = measured === null;
  byId("pcc_needle").style.left = `${place(measured ?? 0)}%`;
  const direction = measured < 0 ? "exported" : "imported";
  put(byId("pcc_import"), measured === null ? "not measured" : `${number(Math.abs(measured), 1)} kW ${direction}`);
  put(byId("pcc_export"), `export limit ${number(pcc.export_limit_kw, 1)} kW`);
  put(byId("pcc_limit"), `import limit ${number(pcc.import_limit_kw, 1)} kW`);
  put(byId("pcc_reason"), `${pcc.storage} ${REASONS[pcc.reason] ?? `is told what it is told by the ${pcc.reason}`}`);
  const full = pcc.capacity_kwh && pcc.stored_kwh !== null ? ` (${number((100 * pcc.stored_kwh) / pcc.capacity_kwh)} % full)` : "";
  put(byId("pcc_stored"), pcc.stored_kwh === null ? "" : `${pcc.storage} holds ${number(pcc.stored_kwh, 1)} kWh${full}`);
}

// Why an asset was told what it was told, as the record has it; the first sentence says when.
let asked = 0;
async function explain(asset) {
  const question = ++asked;
  const why = byId("why");
  why.hidden = asset === undefined;
  why.replaceChildren();
  if (asset === undefined) return;
  const response = await fetch(`api/v1/decisions?${new URLSearchParams({ asset })}`, { headers: headers() }).catch(() => null);
  const answer = response ? await response.json() : { message: "The server does not answer." };
  if (question !== asked) return;
  why.replaceChildren(...(answer.sentences ?? [answer.message]).map((sentence) => {
    const line = document.createElement("p");
    put(line, sentence);
    return line;
  }));
}

// A link carries no token: where there is one, the figures are fetched with it and opened from memory.
byId("metrics").addEventListener("click", async (event) => {
  if (!("Authorization" in headers())) return;
  event.preventDefault();
  const response = await fetch("metrics", { headers: headers() });
  window.open(URL.createObjectURL(new Blob([await response.text()], { type: "text/plain" })));
});

follow(show);
