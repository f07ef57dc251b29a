"""A backtest as a picture: SVG of our own, what each month and the whole time cost by each way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 960, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 90, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """One way through the time: a cost for each month, in the order of the labels."""

    name: str
    colour: str
    costs: Sequence[float]


def bars_picture(*, title: str, sentence: str, labels: Sequence[str], ways: Sequence[Bars], unit: str) -> str:
    """Grouped bars, with an axis from the least to the greatest value and 0 always in view."""
    values = [value for way in ways for value in way.costs]
    step = _nice((max([*values, 0.0]) - min([*values, 0.0])) / 5 or 1.0)
    low, high = step * (min([*values, 0.0]) // step), step * -(-max([*values, 0.0]) // step)
    inner_w, inner_h = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    scale = inner_h / ((high - low) or 1.0)

    def at(value: float) -> float:
        return _TOP + (high - value) * scale

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="26" font-size="17" font-weight="bold">{escape(title)}</text>',
        f'<text x="{_LEFT}" y="46">{escape(sentence)}</text>',
    ]
    for place, way in enumerate(ways):
        x = _LEFT + 190 * place
        parts.append(f'<rect x="{x}" y="58" width="12" height="12" fill="{way.colour}"/>')
        parts.append(f'<text x="{x + 18}" y="68">{escape(way.name)}</text>')
    for line in range(round((high - low) / step) + 1):
        value = low + line * step
        colour = "#555555" if abs(value) < step / 2 else "#dddddd"
        y = f"{at(value):.1f}"
        parts.append(f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="{colour}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{at(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    group = inner_w / max(len(labels), 1)
    width = 0.8 * group / max(len(ways), 1)
    for month, label in enumerate(labels):
        left = _LEFT + (month + 0.1) * group
        for place, way in enumerate(ways):
            value = way.costs[month]
            top, height = min(at(value), at(0.0)), abs(at(value) - at(0.0))
            parts.append(
                f'<rect x="{left + place * width:.1f}" y="{top:.1f}" width="{max(width - 1, 0.5):.1f}" '
                f'height="{height:.1f}" fill="{way.colour}"><title>{escape(way.name)}, {escape(label)}: '
                f"{value:.2f} {escape(unit)}</title></rect>"
            )
        parts.append(
            f'<text x="{left + 0.4 * group:.1f}" y="{HEIGHT - _BOTTOM + 18}" '
            f'text-anchor="middle">{escape(label)}</text>'
        )
    parts.append(f'<text x="{_LEFT}" y="{HEIGHT - 12}" fill="#555555">{escape(unit)} a month, wear included</text>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _nice(step: float) -> float:
    """A round number of about this size."""
    power = 10.0 ** len(str(int(step))) / 10 if step >= 1 else 0.1
    return next((factor * power for factor in (1, 2, 5, 10) if factor * power >= step), 10 * power)
