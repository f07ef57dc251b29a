"""Reports as documents for people."""

from energy_manager.adapters.records.reports.html import ChartModule, HtmlReports

__all__ = ["ChartModule", "HtmlReports"]
