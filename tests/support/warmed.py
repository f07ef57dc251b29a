"""What every start of the product loads and computes alike, once for all that are forked; for ``fork_server.py``."""

# ruff: noqa: PLC0415 - what is imported when is what this file is about

from __future__ import annotations

import functools
import gc
import importlib
from pathlib import Path

WITH_ALL_ROUTES = Path(__file__).parents[2] / "examples" / "least_cost.toml"
SAYS_OTHERWISE = {"__signature__", "__wrapped__"}
"""What a function takes that is not what its code says."""

LOADED_ON_DEMAND = (
    "anyio._backends._asyncio",
    "encodings.idna",
    "fastapi.telemetry._runtime",
    "numpy.random",
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
    import typer
    from loguru._better_exceptions import ExceptionFormatter

    from energy_manager.entrypoints.api.views import page_files
    from energy_manager.entrypoints.jobs.exact import request_model

    ExceptionFormatter._get_lib_dirs = staticmethod(functools.cache(ExceptionFormatter._get_lib_dirs))
    typer.main.get_command = functools.cache(typer.main.get_command)
    page_files.read_page = functools.cache(page_files.read_page)
    request_model.json_schema = functools.cache(request_model.json_schema)
    _keep_what_handlers_take()


def _keep_what_handlers_take():
    """What the API's handlers take, which are made anew for each server: the same code takes the same."""
    from fastapi.dependencies import utils

    read, analyse = utils._get_signature, utils.analyze_param
    signatures, parameters = {}, {}

    def signature(call):
        function = getattr(call, "__func__", call)
        if not hasattr(function, "__code__") or SAYS_OTHERWISE & vars(function).keys():
            return read(call)
        own = [*function.__annotations__.values(), *(function.__defaults__ or ())]
        own += (function.__kwdefaults__ or {}).values()
        return _kept(signatures, (function.__code__, function is call, *own), lambda: read(call))

    def analysed(*, param_name, annotation, value, path_param_names):
        named = {"param_name": param_name, "path_param_names": path_param_names}
        return _kept(
            parameters,
            (annotation, value),
            lambda: analyse(annotation=annotation, value=value, **named),
            named=(param_name, *sorted(path_param_names)),
        )

    utils._get_signature, utils.analyze_param = signature, analysed


def _kept(answers, about, ask, *, named=()):
    """The answer about the very same things, which are kept with it: no others get their identities."""
    key = (*named, *map(id, about))
    if key not in answers:
        answers[key] = ask(), about
    return answers[key][0]


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
    _make_all_commands()
    _make_an_api()


def _make_all_commands():
    import typer

    from energy_manager.entrypoints.commands import app

    commands = typer.main.get_command(app).commands
    for name in commands:
        assert commands[name]


def _make_an_api():
    from energy_manager.entrypoints.container.site_container import Container
    from energy_manager.entrypoints.settings import ApiSettings, Settings, StoreSettings
    from energy_manager.entrypoints.site_file import read_site_file

    settings = Settings(api=ApiSettings(port=0), store=StoreSettings(url="memory:"))
    container = Container(settings=settings, site=read_site_file(WITH_ALL_ROUTES))
    container.log_journal.override(None)  # has a thread of its own, and whoever has one is not forked
    container.api().close()
