// The views in the order of the navigation. A view is a file with
//   name        as in the address and in words.views,
//   permission  of /api/v1/me that it takes,
//   offer       of /api/v1/site that it takes, optional: sites without it have no such view,
//   needs       (place, state) → by name {path, every_s}: documents that api.js fetches into state.data,
//   draw        (place, state) → elements; called whenever something is new, only what differs is changed on the page,
//   update      (main, place, state), optional: fills elements with data-keep, such as charts, after draw.
import assets from "./assets.js";
import events from "./events.js";
import history from "./history.js";
import homes from "./homes.js";
import now from "./now.js";
import plan from "./plan.js";
import site from "./site.js";

export const VIEWS = [
  now,
  plan,
  history,
  homes,
  assets,
  events,
  site,
];
