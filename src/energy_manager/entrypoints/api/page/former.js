// The plan before the one that is shown, as long as the tab is open: what changed is seen beside what is new.

const KEY = "energy-manager.plans";
const FRESH_MS = 24 * 3600e3;

// Keeps the plan, and answers the one that it took the place of; null where none is known.
export function formerOf(plan, site) {
  if (!plan?.made_at) return null;
  const kept = read(site);
  if (kept.newest?.made_at !== plan.made_at) write(site, { newest: plan, former: kept.newest ?? null });
  else if (kept.newest.from !== plan.from) write(site, { ...kept, newest: plan });
  const { former } = read(site);
  return former && Date.parse(plan.from) - Date.parse(former.from) < FRESH_MS ? former : null;
}

function read(site) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    return kept?.site === site ? kept : {};
  } catch {
    return {};
  }
}

function write(site, plans) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ site, ...plans }));
  } catch {
    // There is no room: the ghost is not worth more.
  }
}
