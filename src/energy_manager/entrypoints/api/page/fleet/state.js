// What is known of the fleet, and how it is asked for.
import { get } from "../api.js";

const MOST_SITES = 1000;

export const state = { fleet: null, sites: [], me: null, course: null, heardAt: 0, refusal: "" };

let changed = () => {};
export const whenChanged = (draw) => (changed = draw);

export async function refresh() {
  const [fleet, sites] = await Promise.all([get("api/v1/fleet"), get(`api/v1/fleet/sites?limit=${MOST_SITES}`)]);
  Object.assign(state, { fleet, sites, heardAt: performance.now(), refusal: "" });
  changed();
}
