// What a command would change, as a picture: what each asset is scheduled as it is, and with the command.
import { kwOfSteps, lookOf } from "./model.js";
import { chart } from "./parts/chart.js";
import { timeZone } from "./parts/format.js";
import { words } from "./words.js";

const MOST_ASSETS = 4;
const AT_ONCE_MS = 120e3; // what begins within this begins now
const said = words.command.effect;

// Of a preview's `series`: spans {asset, start, end, before, after} in power steps.
export function drawEffect(element, { series }, state) {
  const spans = series ?? [];
  const assets = [...new Set(spans.map((span) => span.asset))].slice(0, MOST_ASSETS);
  const [starts, ends] = ["start", "end"].map((name) => spans.map((span) => Date.parse(span[name])));
  const from = Math.min(...starts);
  chart(element, {
    label: said.label,
    from: new Date(from).toISOString(),
    to: new Date(Math.max(...ends)).toISOString(),
    now: Math.abs(state.now - from) < AT_ONCE_MS ? new Date(from).toISOString() : null,
    time_zone: timeZone(),
    locale: words.locale,
    texts: words.chart,
    panels: assets.map((id) => panelOf(id, spans.filter((span) => span.asset === id), state.site)),
  });
}

function panelOf(id, spans, site) {
  const kind = site.assets.find((asset) => asset.id === id)?.kind;
  const of = lookOf(kind);
  const series = [
    { name: said.with_it, look: "area", of, dashed: true, ...course(spans, "after", site) },
    { name: said.as_it_is, look: "step", of: "other", ghost: true, dashed: true, ...course(spans, "before", site) },
  ];
  return { id, title: id, unit: "kW", flow: kind === null ? null : words.asset_flow, height: 0.8, series };
}

// Between two spans nothing changes: that is left out.
function course(spans, name, site) {
  const points = spans.flatMap((span, index) => {
    const isApart = index + 1 < spans.length && spans[index + 1].start !== span.end;
    return [[span.start, kwOfSteps(span[name], site)], ...(isApart ? [[span.end, null]] : [])];
  });
  return { times: points.map(([at]) => at), values: points.map(([, value]) => value), to: spans.at(-1).end };
}
