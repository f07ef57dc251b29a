// The views in the order of the navigation. A view is a file with
//   name        as in the address and in words.views,
//   permission  of /api/v1/me that it takes,
//   offer       of /api/v1/site that it takes, optional: sites without it have no such view,
//   needs       (place, state) → by name {path, every_s}: documents that api.js fetches into state.data,
//   draw        (place, state) → elements; called whenever something is new, only what differs is changed on the page,
//   update      (main, place, state), optional: fills elements with data-keep, such as charts, after draw.
// The first one comes with the page; each of the others is a file that `bring` adds here once it is there.
import now from "./now.js";

export const VIEWS = [
  now,
  { name: "plan", permission: "see", file: () => import("./plan.js") },
  { name: "history", permission: "see", file: () => import("./history.js") },
  { name: "homes", permission: "see_home", offer: "homes", file: () => import("./homes.js") },
  { name: "assets", permission: "see", file: () => import("./assets.js") },
  { name: "events", permission: "see", file: () => import("./events.js") },
  { name: "site", permission: "see", file: () => import("./site.js") },
];

const AGAIN_AFTER_MS = 2000;

// Whether it can be drawn; where not, it is fetched, and `arrived` called when it is there or cannot be had.
export function bring(view, arrived) {
  if (view.draw) return true;
  view.isComing ??= view.file().then(
    (file) => {
      Object.assign(view, file.default);
      arrived();
    },
    () => {
      setTimeout(() => {
        view.isComing = undefined; // the server is away: asked for again while it is wanted
        arrived();
      }, AGAIN_AFTER_MS);
    },
  );
  return false;
}
