// Who looks, and the site as it is: asked for at once, while the modules are on their way, which are one file with all that
// the first view takes (views/page_scripts.py). api.js takes the answers.
(() => {
  const token = sessionStorage.getItem("energy-manager.token");
  const options = { cache: "no-store", signal: AbortSignal.timeout(8000), headers: token ? { Authorization: `Bearer ${token}` } : {} };
  globalThis.askedEarly = ["api/v1/me", "api/v1/site"].map((path) => fetch(path, options));
  globalThis.askedEarly.forEach((answer) => answer.catch(() => null)); // told where it is taken
  // The first formatter takes a phone long to make: it is made while nothing else can be done.
  new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(0);
})();
