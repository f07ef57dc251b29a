"""A report as one HTML file: plots that can be zoomed, with everything they need inside."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from energy_manager import __version__
from energy_manager.adapters.reports.charts import (
    asset_charts,
    greatest,
    lag_chart,
    pcc_chart,
    shortfall_chart,
    total_chart,
)
from energy_manager.application.ports.report import Report


class HtmlReports:
    """Writes reports with Plotly's script from its wheel and data inside: nothing is loaded from anywhere."""

    def __init__(self) -> None:
        loader = PackageLoader("energy_manager.adapters.reports", "")
        self._page = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        ).get_template("page.html.j2")

    def write(self, report: Report) -> bytes:
        """The page, in UTF-8."""
        unit = report.power_unit or "power steps"
        has_pcc = not report.loop.import_kw.is_empty
        is_short = any(report.loop.short_ticks)
        of_assets = list(asset_charts(report.assets, unit))
        charts = [lag_chart(report.loop), *of_assets]
        if any(not series.target.is_empty for series in report.assets):
            charts.append(total_chart(report.assets, unit))
        if is_short:
            charts.append(shortfall_chart(report.loop, unit))
        if has_pcc:
            charts.append(pcc_chart(report.loop))
        page = self._page.render(
            report=report,
            unit=unit,
            version=__version__,
            plotly=_plotly(),
            charts=_json(charts),
            drawn=[chart["id"] for chart in charts],
            of_assets=list(zip((series.asset_id for series in report.assets), of_assets, strict=True)),
            ticks=sum(report.loop.ticks),
            short_ticks=sum(report.loop.short_ticks),
            greatest_shortfall=greatest(report.loop.shortfall),
            greatest_lag_s=greatest(report.loop.lag_s),
            greatest_import_kw=greatest(report.loop.import_kw),
            import_limit_kw=greatest(report.loop.import_limit_kw),
        )
        return page.encode("utf-8", errors="replace")


def _json(value: object) -> Markup:
    """JSON that may stand in a script element: no letter of it can end the element or begin a comment."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704 - made safe above


def _plotly() -> Markup:
    """Plotly's script, which its wheel carries."""
    script: Any = files("plotly") / "package_data" / "plotly.min.js"
    text: str = script.read_text(encoding="utf-8")
    return Markup(text.replace("</script", "<\\/script"))  # noqa: S704 - a library's own script
