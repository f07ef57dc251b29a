"""The templates that are shipped."""

from __future__ import annotations

from collections.abc import Iterator

from energy_manager.entrypoints.container.devices.templates import shipped


def template_lines() -> Iterator[str]:
    """A line each: name, link, usages (those that can be controlled with a star), verified, title."""
    titles = shipped()
    width = max(len(title.name) for title in titles)
    usages_width = max(len(", ".join(title.usages)) for title in titles)
    for title in titles:
        usages = ", ".join(title.usages)
        yield f"{title.name:<{width}}  {title.driver:<6}  {usages:<{usages_width}}  {title.verified:<9}  {title.title}"
    yield "* can be controlled; energy-manager devices show NAME prints one"
