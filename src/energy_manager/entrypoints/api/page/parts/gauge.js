// A bar with what is, what it may be, and marks: powers around zero, or how full a storage is.
import { svg } from "./dom.js";

// {least, most}: the ends of the scale; value: from zero; marks: [{at, name: "limit" | "target" | "peak"}]; look: of-…
export function gauge({ least, most, value, marks = [], look = "grid", isOver = false, label }) {
  const place = (at) => (100 * (Math.min(most, Math.max(least, at)) - least)) / (most - least || 1);
  const zero = place(0);
  const end = value === null ? zero : place(value);
  return svg(
    "svg",
    { class: `gauge of-${look}`, viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("rect", { class: "track", x: 0, y: 2, width: 100, height: 6 }),
    svg("rect", { class: isOver ? "filled over" : "filled", x: Math.min(zero, end), y: 2, width: Math.abs(end - zero), height: 6 }),
    least < 0 && most > 0 ? svg("line", { class: "zero", x1: zero, x2: zero, y1: 1, y2: 9 }) : null,
    marks.map(({ at, name }) => svg("line", { class: name, x1: place(at), x2: place(at), y1: 0, y2: 10 })),
  );
}
