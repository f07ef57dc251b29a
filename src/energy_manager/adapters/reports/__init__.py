"""Reports as documents for people."""

from energy_manager.adapters.reports.html import HtmlReports

__all__ = ["HtmlReports"]
