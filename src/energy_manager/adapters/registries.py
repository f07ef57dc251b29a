"""The registries of flexibility assets: a file, or made up. Each is read or made once per process and change."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from energy_manager.adapters.texts.json_text import NotJson, read_json
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.flexibility import Offer, generate_offer, parse_offer


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedRegistry:
    """Made-up assets with the distribution of the Flexcity test; see ``generate_offer`` for the arguments."""

    count: int
    total_kw: int
    seed: int
    base_price_factor: float

    def offer(self, today: date) -> Offer:
        """The same assets in every process, available around ``today``."""
        return _generate(self, today)


@lru_cache(maxsize=2)
def _generate(registry: GeneratedRegistry, today: date) -> Offer:
    return generate_offer(**asdict(registry), today=today)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRegistry:
    """A JSON file with a list of ``{"code", "name"?, "volume", "activation_cost", "availability"?}``."""

    path: Path

    def offer(self, today: date) -> Offer:  # noqa: ARG002 - what stands in the file stands
        """The file's assets; it is read again when it has changed.

        Raises:
            Refused: the file cannot be read, is no JSON, or lists something that is no asset.
        """
        try:
            state = self.path.stat()
        except OSError as error:
            raise Refused([Fault(field=str(self.path), message=f"cannot be read: {error.strerror}")]) from None
        return _read(self.path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=2)
def _read(path: Path, changed_ns: int, size: int) -> Offer:  # noqa: ARG001 - the file's state is the cache's key
    try:
        return parse_offer(read_json(path.read_bytes()))
    except OSError as error:
        raise Refused([Fault(field=str(path), message=f"cannot be read: {error.strerror}")]) from None
    except NotJson as error:
        raise Refused([Fault(field=str(path), message=str(error))]) from None
    except Refused as refused:
        faults = [Fault(field=f"{path}: {fault.field}", message=fault.message) for fault in refused.faults]
        raise Refused(faults) from None
