"""What meter and storage say, and which of their words belong to the same moment.

Devices are read in one round, but a meter may say what was a few ticks ago, or the storage may. While the storage moves
such a skew looks like load: the law would follow its own shadow, go too far and, with a long skew, swing. The idea: of
all skews the right one leaves the steadiest base. It is looked for when the storage has come to rest after a move: then
all skews agree on where the base began and where it is now, so that a load which only rises or falls speaks for none of
them. It is looked for as well when the storage has moved to and fro so often that the ends no longer matter.

What others at the site deliver (the sun, above all) is measured at themselves. By that the base is known anew while the
meter's word is late or missing: what they deliver more than then, the PCC carries less.

All powers in kW; charge and import are positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from energy_manager.domain.series import LARGEST

# Skews from -3 to 3 rounds are told apart, by so many of the last rounds.
MOST_SKEW = 3
ROUNDS_KEPT = 30
# Another skew must explain more than this share of what the two could differ by.
_SHARE_EXPLAINED = 0.5
# So many of its largest moves, to and fro, count as much as its coming to rest.
_MOVES = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PccReading:
    """Meter and storage, read in one round that began at ``at_s`` (monotonic); anything may be missing or nonsense.

    ``beside_kw`` is what others that are measured deliver. Only its changes count, so it may begin anywhere.
    """

    at_s: float
    import_kw: float | None
    charge_kw: float | None
    stored_kwh: float | None = None
    beside_kw: float | None = None

    @property
    def is_complete(self) -> bool:
        """Whether both powers are numbers that powers can be."""
        return is_sound(self.import_kw) and is_sound(self.charge_kw)


def is_sound(value: object) -> bool:
    """Whether this is a number that a power or an energy can be; truth values, text and NaN are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """The last complete readings, a tick apart, oldest first; and the skew by which they are understood.

    ``skew`` is by how many rounds the meter's word is older than the storage's; negative: the storage's is older.
    """

    imports_kw: tuple[float, ...] = ()
    charges_kw: tuple[float, ...] = ()
    besides_kw: tuple[float, ...] = ()
    skew: int = 0
    heard: int = 0
    """How many there have been in the row; before those the first is thought to have stood for a while."""

    def after(self, reading: PccReading, *, is_next: bool, least_kw: float, beside_kw: float = 0.0) -> Rounds:
        """With one more reading; one that is not the ``is_next`` in the row begins a new one.

        The storage must have moved by ``least_kw`` for another skew to be believed. ``beside_kw`` is what others
        deliver, as far as that is known.
        """
        assert reading.import_kw is not None
        assert reading.charge_kw is not None
        imports, charges, besides, heard = self.imports_kw, self.charges_kw, self.besides_kw, self.heard
        if not is_next or not heard:
            before = 2 * MOST_SKEW
            imports, charges, heard = (reading.import_kw,) * before, (reading.charge_kw,) * before, 0
            besides = (beside_kw,) * before
        known = Rounds(
            imports_kw=(*imports, reading.import_kw)[-ROUNDS_KEPT:],
            charges_kw=(*charges, reading.charge_kw)[-ROUNDS_KEPT:],
            besides_kw=(*besides, beside_kw)[-ROUNDS_KEPT:],
            skew=self.skew,
            heard=heard + 1,
        )
        return replace(known, skew=known._best_skew(least_kw))

    @property
    def base_kw(self) -> float:
        """The newest base that is known: what the PCC would carry without the storage."""
        return self._base(len(self.imports_kw) - 1 + min(self.skew, 0), self.skew)

    def base_with_kw(self, beside_kw: float) -> float:
        """The base with what others deliver now, and not when the meter's newest word was true."""
        return self.base_kw - (beside_kw - self.besides_kw[-1 - abs(self.skew)])

    def rested_for(self, rounds: int, *, within_kw: float) -> bool:
        """Whether the storage has not moved by more than this in the last rounds, which are known."""
        last = self.charges_kw[-rounds - 1 :]
        return self.heard > rounds and max(last) - min(last) <= within_kw

    def _base(self, place: int, skew: int) -> float:
        return self.imports_kw[place] - self.charges_kw[place - skew]

    def _best_skew(self, least_kw: float) -> int:
        if max(self.charges_kw) - min(self.charges_kw) < least_kw:
            return self.skew
        begin = self.charges_kw[: 2 * MOST_SKEW + 1]
        has_rested = max(begin) - min(begin) <= least_kw / 2.0
        is_at_rest = has_rested and self.rested_for(MOST_SKEW + 1, within_kw=least_kw / 2.0)
        largest = max(abs(self._moved(place)) for place in range(1, len(self.charges_kw)))
        best, best_gain = self.skew, 0.0
        for skew in range(-MOST_SKEW, MOST_SKEW + 1):
            newest = len(self.imports_kw) - 1 + min(skew, self.skew, 0)
            places = range(MOST_SKEW + 1, newest + 1)
            apart = sum(abs(self._moved(place - skew) - self._moved(place - self.skew)) for place in places)
            if apart < (least_kw if is_at_rest else _MOVES * largest):
                continue
            gain = self._unrest(places, self.skew) - self._unrest(places, skew)
            if gain > max(_SHARE_EXPLAINED * apart, best_gain):
                best, best_gain = skew, gain
        return best

    def _moved(self, place: int) -> float:
        return self.charges_kw[place] - self.charges_kw[place - 1]

    def _unrest(self, places: Sequence[int], skew: int) -> float:
        return sum(abs(self._base(place, skew) - self._base(place - 1, skew)) for place in places)
