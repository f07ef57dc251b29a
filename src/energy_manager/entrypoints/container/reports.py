"""Reports of what happened, drawn by the page's own chart module."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

from energy_manager.adapters.records.reports import ChartModule, HtmlReports
from energy_manager.adapters.storage import Store
from energy_manager.application.explanation.report import GatherReport
from energy_manager.application.mastership import leases_of
from energy_manager.application.ports.records.logbook import LogFilter, LogKind
from energy_manager.application.ports.records.report import SiteName
from energy_manager.application.ports.schedules.schedule_repository import StateRepository
from energy_manager.entrypoints.site_file import SiteFile

MODULES = ("scale.js", "marks.js", "readout.js", "chart.js")
"""The chart's files, each after those that it imports."""

STYLES = ("tokens.css", "parts.css")

_STARTS = LogFilter(kinds=frozenset({LogKind.START}))


def html_reports() -> HtmlReports:
    """As one HTML file each, drawn by the page's files as one script and one style."""
    page = files("energy_manager.entrypoints.api") / "page"
    scripts = ((page / "parts" / name).read_text(encoding="utf-8") for name in MODULES)
    styles = ((page / name).read_text(encoding="utf-8") for name in STYLES)
    return HtmlReports(ChartModule(script="\n".join(map(_without_modules, scripts)), style="\n".join(styles)))


def _without_modules(script: str) -> str:
    """The script as it stands where there is only one: what modules say to each other is left out."""
    return re.sub(r"^import .*\n", "", re.sub(r"^export ", "", script, flags=re.MULTILINE), flags=re.MULTILINE)


def site_name(store: StateRepository) -> SiteName:
    """By the newest start in the logbook; of a store of before by its lease, in UTC.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    for record in store.log_page(limit=1, only=_STARTS):
        said = record.entry.after
        if isinstance(said, dict) and "time_zone" in said:
            return SiteName(name=said["site"], time_zone=said["time_zone"])
    return SiteName(name=next((lease.site for lease in leases_of(store)), ""))


def gather_report_of(store: Store, site: SiteFile | None) -> GatherReport:
    """Of what is in the store; with a site that is planned for least cost, what that saved.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    gather = GatherReport(history=store.history, site=site_name(store.repository))
    grid = None if site is None else site.described.grid_connection
    if site is None or grid is None or site.planning.least_cost is None:
        return gather
    from energy_manager.entrypoints.container.planning.least_cost_planning import tell_savings_of  # noqa: PLC0415 - slow to load

    return replace(gather, savings=tell_savings_of(site, grid, site.planning.least_cost, store.history))
