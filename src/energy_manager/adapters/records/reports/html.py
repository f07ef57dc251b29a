"""A report as one HTML file: charts with everything they need inside."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from energy_manager import __version__
from energy_manager.adapters.records.reports.charts import KW_OF, charts_of
from energy_manager.application.ports.records.history import Steps
from energy_manager.application.ports.records.report import Report

MONEY = ("cost", "rule_cost", "foresight_cost", "saved", "possible")
"""What is told of each day's money."""

LEAST_MONEY = 0.005
"""Less than half a cent is nothing, and has no direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartModule:
    """The page's chart module: a script that defines ``chart``, and the styles of the page."""

    script: str
    style: str


class HtmlReports:
    """Writes reports with the page's chart module and their data inside: nothing is loaded from anywhere."""

    def __init__(self, module: ChartModule) -> None:
        loader = PackageLoader("energy_manager.adapters.records.reports", "")
        templates = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._page = templates.get_template("page.html.j2")
        style = f"{module.style}\n{templates.get_template('page.css.j2').render()}"
        script = f"{module.script}\n{templates.get_template('page.js.j2').render()}"
        self._style, self._script = Markup(style), Markup(script)  # noqa: S704 - the product's own files

    def write(self, report: Report) -> bytes:
        """The page, in UTF-8."""
        zone = ZoneInfo(report.site.time_zone)
        charts = charts_of(report)

        def local(instant: datetime, *, seconds: bool = True) -> str:
            return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")

        page = self._page.render(
            report=report,
            local=local,
            money=_money,
            MONEY=MONEY,
            version=__version__,
            style=self._style,
            style_hash=_hash(self._style),
            script=self._script,
            script_hash=_hash(self._script),
            charts=charts,
            data=_json(charts),
            is_told=any(not series.target.is_empty for series in report.assets),
            ticks=sum(report.loop.ticks),
            short_ticks=sum(report.loop.short_ticks),
            greatest_shortfall_kw=_greatest(report.loop.shortfall, KW_OF[report.power_unit]),
            greatest_lag_ms=_greatest(report.loop.lag_s, 1000.0),
            greatest_import_kw=_greatest(report.loop.import_kw, 1.0),
            import_limit_kw=_greatest(report.loop.import_limit_kw, 1.0),
        )
        return page.encode("utf-8", errors="replace")


def _greatest(steps: Steps, factor: float) -> float | None:
    """The greatest value of all steps, in another unit."""
    values = [value for value in steps.max if value is not None]
    return factor * max(values) if values else None


def _money(amount: float, name: str) -> str:
    """``1.25``; what is less than nothing is earned, or was lost, and has no sign."""
    less = "lost" if name == "saved" else "earned"
    return f"{f'{less} ' if amount <= -LEAST_MONEY else ''}{abs(amount):,.2f}"


def _hash(text: str) -> str:
    """As a content security policy names a script or style that stands in the document."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(value: object) -> Markup:
    """JSON that may stand in a script element: no letter of it can end the element or begin a comment."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704 - made safe above
