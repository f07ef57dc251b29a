"""One cell of the tables: so many devices, so many of them hung, under one design."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RECORDING = HERE / "recording"

PERIOD_S = 2.0
STATUS_PERIOD_S = 10.0
PHASE_S = 0.9
BLOCK_S = 5.0
TIME_BLOCKS = 5

HANG_TICK = 1
"""From this tick on the hung devices hang; their last calls before it were good."""
HANG_AFTER_S = PHASE_S + HANG_TICK * PERIOD_S - 0.1

RAISING_SHARE = 0.2
SLEEP_CHANCE = 0.1
"""As the assignment's devices: each tenth call takes up to a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the devices of a cell are like."""

    devices: int
    hung: int
    ticks: int

    @property
    def hung_percent(self) -> int:
        return round(100 * self.hung / self.devices)

    def asset_ids(self) -> list[str]:
        """Ids such as ``hang-7``; the kinds stand mixed, as they would on a site."""
        raising = int(RAISING_SHARE * self.devices)
        return [f"{self._fault(place, raising)}-{place}" for place in range(self.devices)]

    def _fault(self, place: int, raising: int) -> str:
        """Spread the hung over the first, then the raising over what is left, by a walk that meets each place once."""
        rank = place * _stride(self.devices) % self.devices
        if rank < self.hung:
            return "hang"
        return "raise" if rank < self.hung + raising else "ok"

    def healthy(self) -> list[int]:
        """The numbers of the devices that neither hang nor raise."""
        return [place for place, asset_id in enumerate(self.asset_ids()) if asset_id.startswith("ok")]

    def site_text(self) -> str:
        """The site file. Each block's schedule is ten times the one before, so a target tells its block."""
        ids = self.asset_ids()
        potential = [10 ** (TIME_BLOCKS + 2)] * TIME_BLOCKS
        assets = "".join(
            f'[[assets]]\nid = "{asset_id}"\ndriver = "shared"\n'
            f"potential = {potential}\nsleep_chance = {SLEEP_CHANCE}\n"
            for asset_id in ids
        )
        blocks = ", ".join(
            "{ " + ", ".join(f"{asset_id} = {scheduled_in(block)}" for asset_id in ids) + " }"
            for block in range(TIME_BLOCKS)
        )
        return f'[site]\nname = "benchmark"\n{assets}[schedule]\ndriver = "shared"\nblocks = [{blocks}]\n'


def _stride(devices: int) -> int:
    """A step near the golden section of the count, without a common factor with it."""
    step = max(1, round(0.618 * devices))
    while math.gcd(step, devices) > 1:
        step += 1
    return step


def scheduled_in(block: int) -> int:
    """What each device is scheduled at; redistribution raises it by less than the factor ten to the next block."""
    return int(10 ** (block + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A way to dispatch, and how its process is started on a site file."""

    name: str
    arguments: tuple[str, ...]
    is_ours: bool = False

    def command(self, site_file: Path) -> Sequence[str]:
        return [sys.executable, *(argument.format(site=site_file) for argument in self.arguments)]


OURS = Design(
    name="energy_manager",
    arguments=("-m", "energy_manager.entrypoints.cli", "run", "--no-api", "--site", "{site}"),
    is_ours=True,
)
NAIVE = (
    Design(name="to_thread + gather", arguments=("-P", str(HERE / "designs.py"), "to_thread", "{site}", "0")),
    Design(name="pool of 64", arguments=("-P", str(HERE / "designs.py"), "pool", "{site}", "1")),
)
