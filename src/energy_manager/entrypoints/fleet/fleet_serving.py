"""The commands ``fleet serve`` and ``fleet demo``: a centre until interrupted."""

from __future__ import annotations

import gc
import math
import sys
import time

from loguru import logger

from energy_manager.adapters.fleet.nats import look_for_server
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.container.fleet.access import access_of
from energy_manager.entrypoints.container.fleet.centre import RunningCentre, running_centre
from energy_manager.entrypoints.container.fleet.demo import DemoFleet
from energy_manager.entrypoints.container.fleet.enrolment import restore_users
from energy_manager.entrypoints.fleet.fleet_access import URL
from energy_manager.entrypoints.running.descriptors import make_room
from energy_manager.entrypoints.running.logs import configure_logs, take_over
from energy_manager.entrypoints.running.shutdown import Stopper
from energy_manager.entrypoints.settings import Settings, load_settings, secrets_of

FOR_EVER_S = 10**8

COLLECTED_AFTER = 50_000
"""So many more values were made than given back; the interpreter's own is 700."""


def serve(stopper: Stopper, *, for_s: float | None) -> None:
    """Be a centre for ``for_s`` seconds, or until a signal comes; does not return.

    Raises:
        Refused: a setting is not acceptable; nothing was started.
        ServerTooOld: the NATS server cannot be used.
    """
    settings = load_settings()
    if not settings.fleet.url:
        raise Refused.at(URL, "is missing: the NATS server through which the sites are reached")
    _log_to_standard_error(settings)
    try:
        logger.info("NATS server {} at {}", look_for_server(access_of(settings.fleet)), settings.fleet.url)
    except OSError as error:
        logger.warning("no NATS server at {} yet: {}", settings.fleet.url, error)
    centre = running_centre(settings)
    try:
        if restore_users(settings, centre.book):
            logger.warning("the file of users was lost: {} is written from the book", settings.fleet.users_file)
    except StoreUnavailable as error:
        logger.warning("the file of users is lost, and cannot be written from the book: {}", error)
    stopper.farewell = centre.close
    _go_on(stopper, settings, centre, for_s=for_s)


def demonstrate(stopper: Stopper, *, sites: int, for_s: float | None) -> None:
    """A whole fleet on this machine for ``for_s`` seconds, or until a signal comes; does not return.

    Raises:
        Refused: a part cannot be had; nothing is left behind.
    """
    settings = load_settings()
    _log_to_standard_error(settings)
    fleet = DemoFleet(settings=settings, count=sites)
    stopper.farewell = fleet.close
    try:
        centre = fleet.start()
    except BaseException:
        fleet.close()
        raise
    logger.info("{} simulated sites on this machine, each with a link of its own", sites)
    activation = fleet.activate()
    if activation is not None:
        logger.info(
            "ordered {} kW until {:%H:%M} UTC, activation {}", activation.volume_kw, activation.until, activation.id
        )
    _wait(for_s)
    del centre
    stopper.leave(0)


def _go_on(stopper: Stopper, settings: Settings, centre: RunningCentre, *, for_s: float | None) -> None:
    warning = make_room(connections=settings.api.max_connections)
    for sentence in filter(None, (warning, settings.api.warning)):
        logger.warning("{}", sentence)
    centre.start()
    _collect_seldom()
    _wait(for_s)
    stopper.leave(0)


def _collect_seldom() -> None:
    """Have the garbage collector leave out what only the start made, and look at the rest less often.

    Thousands of states come and go every second without a circle among them, and a collection that goes through those
    of 10,000 sites takes 100 ms, which an activation had to wait for.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)


def _wait(for_s: float | None) -> None:
    time.sleep(FOR_EVER_S if for_s is None or math.isinf(for_s) else for_s)


def _log_to_standard_error(settings: Settings) -> None:
    log = settings.log
    configure_logs(sys.stderr, level=log.level, style=log.style, secrets=secrets_of(settings))
    take_over(log.style)
