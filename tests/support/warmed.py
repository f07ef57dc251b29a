"""What every start of the product loads and computes alike, once for all that are forked; for ``fork_server.py``."""

# ruff: noqa: PLC0415 - what is imported when is what this file is about

from __future__ import annotations

import functools
import gc
import importlib

LOADED_ON_DEMAND = (
    "anyio._backends._asyncio",
    "encodings.idna",
    "fastapi.telemetry._runtime",
    "pwd",
    "pydantic.v1",
    "typer._adapters",
    "typer._click.decorators",
    "uvicorn.lifespan.on",
    "uvicorn.loops.asyncio",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)
"""What libraries import when they are used first; 60 ms of a start with its API."""


def keep_answers():
    """Have functions keep what they answer of code and of files that no test changes; before others import them."""
    from loguru._better_exceptions import ExceptionFormatter

    from energy_manager.entrypoints.api.views import page_files
    from energy_manager.entrypoints.jobs.exact import request_model

    ExceptionFormatter._get_lib_dirs = staticmethod(functools.cache(ExceptionFormatter._get_lib_dirs))
    page_files.read_page = functools.cache(page_files.read_page)
    request_model.json_schema = functools.cache(request_model.json_schema)


def warm():
    """Ask for it; when all is imported."""
    from loguru._better_exceptions import ExceptionFormatter
    from sqlalchemy import create_engine

    from energy_manager.adapters.storage.sql.migrations import migrate
    from energy_manager.entrypoints.api.views import dashboard
    from energy_manager.entrypoints.jobs import planning_jobs
    from energy_manager.entrypoints.jobs.exact import request_model

    for name in LOADED_ON_DEMAND:
        importlib.import_module(name)
    ExceptionFormatter._get_lib_dirs()
    dashboard.dashboard_routes()
    for job in planning_jobs():
        for form in job.forms:
            request_model.json_schema(form.answer, mode="serialization")
    for model in gc.get_objects():
        if isinstance(model, request_model.RequestModel):
            _ = model.schema
    tables = create_engine("sqlite://")
    with tables.begin() as connection:
        migrate(connection)
    tables.dispose()
