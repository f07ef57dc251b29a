// What the course of the last hours and of the plan is drawn from; of the first view it is asked for before that is drawn.

export const NOW_SPAN = { pastHours: 8, aheadHours: 24, step_s: 120 };

const SIMULATED_STEP_S = 900; // where days pass in minutes, ticks are minutes apart
// What the server sums up round by round is asked for this many times more rarely: its loop has better things to do.
const SLOW = 8;

// The documents that a course takes, as `needs` of a view.
export function courseNeeds(site, { pastHours, aheadHours, step_s }, asset = null) {
  const step = site.offers?.includes("simulation") ? Math.max(step_s, SIMULATED_STEP_S) : step_s;
  const [every_s, slow] = step === step_s ? [60, SLOW] : [5, 1];
  const history = (of, rarer, more = "") => ({ path: `api/v1/history?of=${of}${more}&from=-${pastHours}h&step=${step}`, every_s: (rarer * every_s) / 2 });
  const storage = storagesOf(site)[0];
  return {
    plan: { path: `api/v1/plan?hours=${aheadHours + 1}`, every_s }, // it begins with the step that has begun
    ...(site.offers?.includes("grid") ? { grid: history("grid", 1), use: history("use", slow) } : { total: history("site", slow) }),
    ...(asset ? { output: history("asset", 1, `&asset=${encodeURIComponent(asset)}`) } : {}),
    ...(storage ? { storage: history("storage", slow, `&asset=${encodeURIComponent(storage.id)}`) } : {}),
  };
}

// Storages with what they hold; the one of the grid connection first.
export function storagesOf(site) {
  const own = site.pcc?.storage;
  return site.assets.filter((asset) => asset.kind === "storage").sort((a, b) => (b.id === own) - (a.id === own));
}
