"""What axe finds wrong on a page for people who do not see it, hear it, or use a mouse."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]


def faults(page: Page) -> list[str]:
    """A line for each element that breaks a rule."""
    return _found(page, {"type": "tag", "values": RULES})


def faults_of_colours(page: Page) -> list[str]:
    """The same by the rules that ask for colours: all that another colour scheme can break."""
    return _found(page, {"type": "rule", "values": OF_COLOURS})


def _found(page: Page, rules: dict[str, Any]) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(document, options).then((all) => all.violations)", options)
    return [f"{rule['id']}: {node['target']} {node['html'][:120]}" for rule in found for node in rule["nodes"]]
