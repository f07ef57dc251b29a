"""Beside the loop: keep on record which assets are under control, so that every end of the product can release them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial

from energy_manager.application.control_record import ControlRecord
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.device_gateway import DeviceGateway
from energy_manager.application.ports.records.journal import Journal, Noticed
from energy_manager.application.ports.schedules.durability import PATIENCE_S, JsonObject, StoreUnavailable
from energy_manager.domain.dispatch import NOBODY, Controlled, UnderControl, left_behind
from energy_manager.domain.quantities import AssetId

POLL_S = 0.005
"""How often the end of a release is looked for."""

RECORD_S = 0.2
"""How long the last word to the store may take, within the time that a release has."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
"""Between two tries to release a device by the record, which may be away for long."""


@dataclass(slots=True, kw_only=True)
class _LeftBehind:
    """A device that only the record reaches."""

    entry: Controlled
    is_released: bool = False


@dataclass(slots=True, kw_only=True)
class KeepControl:
    """Knows which assets are under control, and keeps that durably, for this run and for the next one.

    ``reaches`` says how the device of each asset of the site file is reached, in a form that can be kept;
    ``releasable`` are the assets that run by themselves when control ends. ``release_by`` reaches a device so, releases
    it and lets go of it: it may hang or raise anything. ``start`` runs work beside the loop, ``wake`` makes it look
    now, ``lock`` keeps the threads of looks and of the end apart. A process that is no longer the site's master
    (``may_command``) leaves record and devices to the one that is.
    """

    record: ControlRecord
    reaches: Mapping[AssetId, JsonObject]
    releasable: frozenset[AssetId]
    devices: DeviceGateway
    journal: Journal
    clock: Clock
    release_by: Callable[[AssetId, JsonObject], None]
    start: Callable[[Callable[[], None]], object]
    wake: Callable[[], None]
    lock: AbstractContextManager[object] = field(default_factory=nullcontext)
    may_command: Callable[[], bool] = lambda: True
    _told: deque[tuple[Mapping[AssetId, int | None], float]] = field(default_factory=deque, init=False)
    _under_control: UnderControl = field(default=NOBODY, init=False)
    _kept: tuple[Controlled, ...] | None = field(default=None, init=False)
    _kept_for: tuple[frozenset[AssetId], int] | None = field(default=None, init=False)
    _left: list[_LeftBehind] = field(default_factory=list, init=False)
    _is_away: bool = field(default=False, init=False)
    _is_ending: bool = field(default=False, init=False)

    @property
    def strangers(self) -> frozenset[AssetId]:
        """The assets that ran by themselves and have left the site file: a schedule that names one is not followed."""
        gone = (left.entry for left in self._left if left.entry.asset_id not in self.reaches)
        return frozenset(entry.asset_id for entry in gone if entry.runs_by_itself)

    def telling(self, targets: Mapping[AssetId, int | None], *, due_s: float) -> None:
        """Note that these targets are about to be sent; for the tick, so it does no more than that."""
        self._told.append((targets, due_s))
        self.wake()

    def look(self) -> None:
        """Bring the record up to date; what cannot be kept now is kept by a later look."""
        if not self.may_command():
            return
        self._note()
        try:
            if self._kept is None:
                self._begin(self.record.load())
            self._keep()
        except StoreUnavailable as error:
            if not self._is_away:
                sentence = f"which devices are under control cannot be kept on record: {error.reason}"
                self.journal.record(Noticed(is_good=False, sentence=sentence))
            self._is_away = True
        else:
            if self._is_away:
                self.journal.record(Noticed(is_good=True, sentence="which devices are under control is kept again"))
            self._is_away = False

    def is_settled(self) -> bool:
        """Whether the record was read, and every device that is now reached in another way was released."""
        return self._kept is not None and all(
            left.is_released or left.entry.asset_id not in self.reaches for left in self._left
        )

    def release_all(self, *, for_s: float, is_hurried: Callable[[], bool]) -> tuple[AssetId, ...]:
        """Release what is under control and then runs by itself, all at once; the assets that did not take it.

        It ends when the time is up or it is hurried.

        Nothing else is told to any device from now on. Without an asset under control this returns at once.
        """
        wanted = self._note().assets & self.releasable
        until_s = self.clock.now_s() + for_s
        if not wanted or not self.may_command():
            return ()
        self.devices.let_go(wanted, due_s=self.clock.now_s())
        newcomers = (self._note().assets & self.releasable) - wanted  # of a tick that was under way
        self.devices.let_go(newcomers, due_s=self.clock.now_s())
        self._is_ending = True
        waited_for = wanted | newcomers
        while (still := self._note().assets & self.releasable) and self.clock.now_s() < until_s and not is_hurried():
            if still != waited_for:
                waited_for = still
                self.wake()  # a look keeps on record who was released, while the others are waited for
            self.clock.sleep_until(min(until_s, self.clock.now_s() + POLL_S))
        remaining_s = min(RECORD_S, until_s - self.clock.now_s())
        if remaining_s > 0 and not is_hurried():
            self._keep_in_time(remaining_s)
        return tuple(sorted(still))

    def _note(self) -> UnderControl:
        """Take in what was told and taken since the last look."""
        with self.lock:
            while self._told and not self._is_ending:
                targets, due_s = self._told.popleft()
                self._under_control = self._under_control.after_telling(targets, due_s=due_s)
            self._under_control = self._under_control.after_taking(self.devices.taken())
            return self._under_control

    def _begin(self, kept: tuple[Controlled, ...]) -> None:
        """Take over what an earlier run left under control."""
        self._kept = kept
        self._left = [_LeftBehind(entry=entry) for entry in left_behind(kept, self.reaches)]
        by_record = [left.entry for left in self._left]
        before = [entry.asset_id for entry in kept if entry not in by_record]
        with self.lock:
            told_s = {**dict.fromkeys(before, float("-inf")), **self._under_control.told_s}
            self._under_control = UnderControl(told_s=told_s)
        for left in self._left:
            self.start(partial(self._release, left))

    def _release(self, left: _LeftBehind) -> None:
        """Release a device by the record, however long that takes."""
        asset_id, pause_s = left.entry.asset_id, FIRST_PAUSE_S
        where = "is reached in another way now" if asset_id in self.reaches else "is no longer in the site file"
        why = f"{asset_id!r} was under control when the last run ended and {where}"
        self.journal.record(Noticed(is_good=False, sentence=f"{why}: its device is released"))
        while not left.is_released:
            try:
                self.release_by(asset_id, left.entry.reach)
            except BaseException as error:  # noqa: BLE001 - nothing a device raises may end the trying
                if pause_s == FIRST_PAUSE_S:
                    sentence = f"the device of {asset_id!r} cannot be released, it is tried again: {error!r}"
                    self.journal.record(Noticed(is_good=False, sentence=sentence))
                self.clock.sleep_until(self.clock.now_s() + pause_s)
                pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)
            else:
                left.is_released = True
                self.journal.record(Noticed(is_good=True, sentence=f"the device of {asset_id!r} is released"))
        self.wake()

    def _now(self) -> tuple[Controlled, ...]:
        """What the record should say."""
        own = (
            Controlled(asset_id=asset_id, reach=self.reaches[asset_id], runs_by_itself=asset_id in self.releasable)
            for asset_id in sorted(self._under_control.assets)
        )
        return (*(left.entry for left in self._left if not left.is_released), *own)

    def _keep(self, *, timeout_s: float = PATIENCE_S) -> None:
        who = frozenset(self._under_control.assets), sum(left.is_released for left in self._left)
        if who == self._kept_for:
            return  # as after most ticks
        now = self._now()
        if now != self._kept:
            self.record.keep(now, timeout_s=timeout_s)
            self._kept = now
        self._kept_for = who

    def _keep_in_time(self, timeout_s: float) -> None:
        """What cannot be kept is released once more by the next run, which does no harm."""
        if self._kept is None:
            return
        try:
            self._keep(timeout_s=timeout_s)
        except StoreUnavailable as error:
            sentence = f"that devices were released could not be kept on record: {error.reason}"
            self.journal.record(Noticed(is_good=False, sentence=sentence))
