"""Reports of what happened; plotting takes a while to load."""

from __future__ import annotations

from energy_manager.adapters.reports import HtmlReports


def html_reports() -> HtmlReports:
    """As one HTML file each."""
    return HtmlReports()
