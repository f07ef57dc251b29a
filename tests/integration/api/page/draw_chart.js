async (changes) => {
  const { chart } = await import("./parts/chart.js");
  const { words } = await import("./words.js");
  const spec = {
    label: "A day", from: "2026-03-02T00:00:00Z", to: "2026-03-02T04:00:00Z", now: "2026-03-02T02:00:00Z",
    time_zone: "Europe/Berlin", locale: "en-GB", texts: words.chart,
    panels: [
      { id: "grid", title: "Grid", unit: "kW", flow: ["imports", "exports", "no flow"],
        series: [{ name: "measured", look: "area", of: "grid", measured: true, from: "2026-03-02T00:30:00Z", step_s: 1800, values: [10, null, -4.25] },
                 { name: "planned", look: "step", of: "grid", dashed: true, from: "2026-03-02T02:00:00Z", step_s: 1800, values: [1, 2, 3, 4],
                   low: [0, 1, 2, 3], high: [2, 3, 4, 5] }],
        limits: [{ name: "import limit", value: 20 }, { name: "fuse", value: 90000 }] },
      { id: "held", title: "Battery", unit: "kWh", series: [{ name: "stored", look: "line", of: "storage", from: "2026-03-02T00:00:00Z", step_s: 3600, values: [5, 6, 7, 8] }] },
    ],
    ...changes,
  };
  let place = document.querySelector("#place");
  if (!place) { place = document.createElement("div"); place.id = "place"; document.querySelector("main").append(place); }
  chart(place, spec);
}
