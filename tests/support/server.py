"""The product with its API, in a process of its own, as a test's client meets it."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import httpx2

from tests.support.forked import command_line
from tests.support.product import ROOT
from tests.support.waiting import eventually

START_S = 60.0
"""A start takes a second or two; a machine that is busy with other tests may need longer."""

SIX_PLANTS = """[
    {"name": "gasfiredbig1", "type": "gasfired", "efficiency": 0.53, "pmin": 100, "pmax": 460},
    {"name": "gasfiredbig2", "type": "gasfired", "efficiency": 0.53, "pmin": 100, "pmax": 460},
    {"name": "gasfiredsomewhatsmaller", "type": "gasfired", "efficiency": 0.37, "pmin": 40, "pmax": 210},
    {"name": "tj1", "type": "turbojet", "efficiency": 0.3, "pmin": 0, "pmax": 16},
    {"name": "windpark1", "type": "windturbine", "efficiency": 1, "pmin": 0, "pmax": 150},
    {"name": "windpark2", "type": "windturbine", "efficiency": 1, "pmin": 0, "pmax": 36}
]"""


def challenge_text(load: str, *, wind: str = "60") -> str:
    """The challenge's request as text, so that every digit is the test's own."""
    fuels = f'{{"gas(euro/MWh)": 13.4, "kerosine(euro/MWh)": 50.8, "co2(euro/ton)": 20, "wind(%)": {wind}}}'
    return f'{{"load": {load}, "fuels": {fuels}, "powerplants": {SIX_PLANTS}}}'


def endless_text() -> str:
    """Sixty fixed plants with nine-digit powers: more sums than anybody can look at, and none of them is the load.

    All are even in tenths of a MW but for one that is larger than the load, which is odd.
    """
    chance = random.Random(3)
    powers = [*(2 * chance.randint(5_000_000, 200_000_000) / 10 for _ in range(60)), 700_000_000.1]
    plants = ", ".join(
        f'{{"name": "g{place}", "type": "gasfired", "efficiency": {chance.randint(300, 600) / 1000},'
        f' "pmin": {power}, "pmax": {power}}}'
        for place, power in enumerate(powers)
    )
    return (
        f'{{"load": 567891234.5, "fuels": {{"gas(euro/MWh)": 13.4, "co2(euro/ton)": 20}}, "powerplants": [{plants}]}}'
    )


def environment(**settings: str) -> dict[str, str]:
    """This tree's code first on the path, and no settings but these."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ENERGY_MANAGER_")}
    own = {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "ENERGY_MANAGER_STORE__URL": "memory:"}
    return ours | own | settings


class Server:
    """``run`` on a free port of loopback, in a folder of its own; without a site's text, the demo."""

    def __init__(self, folder: Path, *, site: Path | None = None, **settings: str) -> None:
        settings = {"ENERGY_MANAGER_API__PORT": "0"} | settings
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            arguments = ("run", "--for", "3600", *(() if site is None else ("--site", str(site))))
            self.process = command_line(*arguments, env=environment(**settings), stdout=out, stderr=err)

    @property
    def err(self) -> str:
        return self._err.read_text()

    @property
    def url(self) -> str:
        return self.err.partition("documentation at ")[2].partition("/docs")[0]

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, timeout=START_S)

    def wait_until_serving(self) -> None:
        """Wait until it listens; connections are taken from then on, and answered when the application is up."""
        assert eventually(lambda: "/docs\n" in self.err or self.process.poll() is not None, within_s=START_S)
        assert self.process.poll() is None, self.err

    def wait_until_ready(self) -> None:
        """Wait until it ticks and its workers have started."""
        self.wait_until_serving()
        with self.client() as client:
            assert eventually(lambda: client.get("/healthz").status_code == 200, within_s=START_S)
        assert eventually(lambda: len(self.workers()) == 2, within_s=START_S)

    def workers(self) -> set[int]:
        """The process ids of the planning workers that have settled in.

        Those that are still loading what planners need answer nobody: a busy machine takes seconds for that. The bound
        on their memory is the last that they see to.
        """
        unbounded = {_memory_limit(self.process.pid), b""}
        return {pid for pid in _children(self.process.pid) if _memory_limit(pid) not in unbounded}

    def end(self) -> str:
        """Stop it as an operator would; returns its closing line."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 143, self.err
        return self.err.rstrip().splitlines()[-1]

    def clean_up(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def _children(pid: int) -> list[int]:
    try:
        return [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def _memory_limit(pid: int) -> bytes:
    try:
        lines = Path(f"/proc/{pid}/limits").read_bytes().splitlines()
    except OSError:
        return b""
    return next((line for line in lines if line.startswith(b"Max address space")), b"")
