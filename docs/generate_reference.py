"""Writes ``docs/reference``, or into the folder that is named, from the models that the product itself uses.

``make reference`` writes the pages; a test compares them with what would be written.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import anyio
import httpx2
from fastapi import FastAPI
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from energy_manager.adapters.devices.registry import Registry
from energy_manager.entrypoints.container.site_container import Container
from energy_manager.entrypoints.settings import ApiSettings, DispatchSettings, Settings, StoreSettings, variables
from energy_manager.entrypoints.site_file import SiteFile, read_site_file

FOLDER = Path(__file__).parent / "reference"
EXAMPLES = Path(__file__).parents[1] / "examples"
METHODS = ("get", "post", "put", "patch", "delete")


def pages() -> dict[str, str]:
    """The text of each page, by its file name."""
    site = read_site_file(EXAMPLES / "peak_shaving.toml")
    settings = Settings(
        api=ApiSettings(port=0),
        store=StoreSettings(url="memory:"),
        dispatch=DispatchSettings(period_s=0.2, phase_s=0.3),
    )
    container = Container(settings=settings, site=site)
    api = container.api()
    api.close()
    container.store().open()
    container.mastership().take(takeover=False)
    container.dispatch_loop()(for_s=0.1)  # one tick, so that each asset has its figures
    return {
        "settings.md": "\n".join(_settings()) + "\n",
        "http.md": "\n".join(_http(api.app.openapi())) + "\n",
        "metrics.md": "\n".join(_metrics(text_string_to_metric_families(anyio.run(_metrics_of, api.app)))) + "\n",
        "site-file.md": "\n".join(_site_file()) + "\n",
    }


async def _metrics_of(app: FastAPI) -> str:
    """What ``/metrics`` answers on loopback."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1") as client:
        return (await client.get("/metrics")).text


def _settings() -> Iterator[str]:
    yield from _head("Settings", "Environment variables, also read from a file `.env` in the working directory.")
    yield "| variable | default | means |"
    yield "|---|---|---|"
    for name, field in variables():
        yield f"| `{name}` | {_default(field)} | {_cell(field.description)} |"


def _http(openapi: Mapping[str, Any]) -> Iterator[str]:
    yield from _head("HTTP", "The routes on port 8888; `/docs` on the running product shows them with schemas to try.")
    yield "| route | does | answers |"
    yield "|---|---|---|"
    for path, operations in openapi["paths"].items():
        for method in METHODS:
            if method in operations:
                yield _route(path, method, operations[method])


def _route(path: str, method: str, operation: Mapping[str, Any]) -> str:
    asked = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"]
    query = f" `?{'=&'.join(asked)}=`" if asked else ""
    answers = " · ".join(sorted(operation["responses"]))
    return f"| `{method.upper()} {path}`{query} | {_cell(operation.get('summary'))} | {answers} |"


def _metrics(metrics: Iterable[Metric]) -> Iterator[str]:
    yield from _head("Metrics", "What `/metrics` shows, in base units: watts, seconds, bytes.")
    yield "| metric | type | labels | means |"
    yield "|---|---|---|---|"
    for metric in sorted(metrics, key=lambda metric: metric.name):
        if metric.name.startswith("energy_manager_") and not metric.name.endswith("_created"):
            labels = {name for sample in metric.samples for name in sample.labels} - {"le"}
            if not metric.samples:  # nothing of the kind has happened yet; what has no label always has a sample
                labels = {"job" if "_plan_" in metric.name else "asset"}
            name = f"{metric.name}_total" if metric.type == "counter" else metric.name
            yield f"| `{name}` | {metric.type} | {', '.join(sorted(labels))} | {_cell(metric.documentation)} |"


def _site_file() -> Iterator[str]:
    yield from _head("The site file", "TOML. Unknown keys are refused with the nearest known one.")
    yield from _tables("", SiteFile)
    registry = Registry()
    for driver in registry.drivers():
        yield from _section(f'`[[assets]]` with `driver = "{driver.name}"`', driver.options)
        if driver.ratings:
            yield f"Must have the ratings {', '.join(f'`{name}`' for name in sorted(driver.ratings))}."
            yield ""
    for connection in registry.connections():
        yield from _section(f'`[[connections]]` with `driver = "{connection.name}"`', connection.options)


def _tables(place: str, table: type[BaseModel]) -> Iterator[str]:
    """The keys of a table of the file, then the tables in it."""
    inner: list[tuple[str, type[BaseModel]]] = []
    for key, field in table.model_fields.items():
        is_list = str(field.annotation).startswith("list")
        name = f"{place.strip('[]')}.{key}".lstrip(".")
        inner += [(f"[{name}]" if is_list else name, part) for part in _models_in(field)]
    if place:
        driver = table.model_fields.get("driver")
        chosen = get_args(driver.annotation) if driver is not None else ()
        yield from _section(f"`[{place}]`" + (f' with `driver = "{chosen[0]}"`' if chosen else ""), table)
    for name, part in inner:
        yield from _tables(name, part)


def _section(title: str, table: type[BaseModel]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield from inspect.cleandoc(table.__doc__ or "").replace("``", "`").split("\n")
    yield ""
    rows = [
        f"| `{field.alias or name}` | {_type(field)} | {_default(field)} | {_cell(field.description)} |"
        for name, field in table.model_fields.items()
        if not field.exclude and not _models_in(field)
    ]
    if rows:
        yield "| key | type | default | means |"
        yield "|---|---|---|---|"
        yield from rows
        yield ""


def _models_in(field: FieldInfo) -> list[type[BaseModel]]:
    if field.exclude:
        return []
    return [part for part in _parts(field.annotation) if isinstance(part, type) and issubclass(part, BaseModel)]


def _parts(annotation: object) -> Iterator[object]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _type(field: FieldInfo) -> str:
    """The type as a person says it, with its bounds."""
    if Decimal in _parts(field.annotation):
        words = "`spot` or float" if "spot" in _parts(field.annotation) else "float"
        return _cell(", ".join([words, *_bounds(field)]))
    words = re.sub(r"typing\.|<class '([^']*)'>", r"\1", str(field.annotation))
    words = re.sub(r"[a-z_]+(?:\.[a-z_]+)+\.", "", words)
    words = re.sub(r"Optional\[(\w+)\]", r"\1", words).replace("pathlib.Path", "a path")
    words = re.sub(r"Annotated\[(\w+)[^\]]*\]", r"\1", words).replace(" | None", "").replace("|", "or")
    literals = [repr(part) for part in _parts(field.annotation) if isinstance(part, str)]
    literals += [
        repr(str(member))
        for part in _parts(field.annotation)
        if isinstance(part, type) and issubclass(part, StrEnum)
        for member in part
    ]
    if literals and int in _parts(field.annotation):
        literals.append("a whole number")
    if literals:
        words = " or ".join(literals).replace("'", "`")
    return _cell(", ".join([words, *_bounds(field)]))


def _bounds(field: FieldInfo) -> list[str]:
    return [
        f"{sign} {getattr(limit, name):g}"
        for limit in field.metadata
        for name, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))
        if getattr(limit, name, None) is not None
    ]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default is None or default == "" or default is PydanticUndefined:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def _cell(text: str | None) -> str:
    return " ".join((text or "").replace("|", "\\|").split())


def _head(title: str, sentence: str) -> Iterator[str]:
    yield f"# {title}"
    yield ""
    yield f"{sentence} Written by `make reference` from the product's own models."
    yield ""


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text)
        sys.stdout.write(f"{folder / name}\n")
