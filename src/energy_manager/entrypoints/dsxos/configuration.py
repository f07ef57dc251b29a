"""The configuration file of DSxOS applications, with the keys that their users have.

Keys stand at the top or under ``params``. Decisions:

- ``appModule``, ``type``, ``containerName`` and ``logLevel`` are for the platform that starts applications; they are
  accepted and mean nothing here. So is ``essEffectiveEndCharge``: the application that users come from reads it and
  does not use it (as a hard end it would name the present charge).
- ``essMinSafeLim`` is a datapoint's identifier, or the value itself; see ``units.least_kwh`` for its unit.
- A limit may be a number, a datapoint (its key with ``_DP_ID``), or both: then the datapoint's last reading counts, and
  the number as long as it has none.
- Other keys under ``params`` belong to other applications and are passed over, unless they look like one of these.
- Without ``clientID`` the ``token`` is the ``Authorization`` header itself, as older configurations have it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from energy_manager.adapters.dsxos import Account, Datapoints, LimitSource, LimitSources
from energy_manager.adapters.dsxos.client import is_header
from energy_manager.adapters.texts.utf8_text import read_utf8_file
from energy_manager.application.peak_shaving.replan import StorageSite
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.series import number_fault, step_faults
from energy_manager.entrypoints.dsxos.cron import Cron
from energy_manager.entrypoints.dsxos.yaml_keys import NESTED, Entry, NotYaml, entries

SERIES = ("consumptionPrognosisIdentifier", "productionPrognosisIdentifier", "essCurrentPowerPlanIdentifier")
REQUIRED_TEXTS = ("apiEndpoint", "token", *SERIES, "essResultPowerPlanIdentifier", "essEffectiveCharge")
LIMITS = ("pccImportLimitW", "pccExportLimitW", "essPowerLimitW", "essMaxCharge")
CLIENT_ID = "clientID"
SAME = {"clientId": CLIENT_ID}
OPTIONAL = (CLIENT_ID, *SAME, "essMinSafeLim", "min_period", "cron")
MEANINGLESS = ("appModule", "type", "containerName", "logLevel", "essEffectiveEndCharge")
DATAPOINT = "_DP_ID"
"""How keys end that name a datapoint in place of a value."""
LIMIT_DATAPOINTS = tuple(key + DATAPOINT for key in LIMITS)
PLATFORM_PATH = Path("/app/config.yaml")
"""Where the platform puts the configuration of an application."""
KNOWN = (*REQUIRED_TEXTS, *LIMITS, *LIMIT_DATAPOINTS, "interval", *OPTIONAL, *MEANINGLESS, NESTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DsxosConfiguration:
    """What the file says, in the product's units; ``cron`` is None where a plan is made once."""

    account: Account
    datapoints: Datapoints
    site: StorageSite
    cron: Cron | None


def read_configuration(path: Path) -> DsxosConfiguration:
    """Read and check a configuration file.

    Raises:
        Refused: the file cannot be read, is no YAML, or says something that cannot be; every fault with key and line.
    """
    text = read_utf8_file(path)
    try:
        reader = _Reader(path, list(entries(text)))
    except NotYaml as error:
        where = str(path) if error.line is None else f"{path}:{error.line}"
        raise Refused.at(where, str(error)) from None
    return reader.configuration()


class _Reader:
    """Takes the keys one by one; what is missing or wrong is noted and stands for a harmless value until the end."""

    def __init__(self, path: Path, found: list[Entry]) -> None:
        self._path = path
        self._faults: list[tuple[int, Fault]] = []
        self._entries: dict[str, Entry] = {}
        for entry in found:
            self._take(entry)

    def _take(self, entry: Entry) -> None:
        if entry.key not in KNOWN:
            near = _near(entry.key)
            if entry.is_nested and not near and entry.key.isidentifier():
                return
            self._note(entry, "there is no such key" + (f"; did you mean {near[0]}?" if near else ""))
            return
        if entry.key == NESTED:
            self._note(entry, "must hold keys with values")
            return
        key = SAME.get(entry.key, entry.key)
        if key in self._entries:
            self._note(entry, f"stands in line {self._entries[key].line} already")
        elif key not in MEANINGLESS:
            self._entries[key] = entry

    def _note(self, where: Entry | str, message: str) -> None:
        entry = where if isinstance(where, Entry) else self._entries.get(where)
        place = f"{self._path}: {where}" if entry is None else f"{self._path}:{entry.line}: {entry.key}"
        self._faults.append((0 if entry is None else entry.line, Fault(field=place, message=message)))

    def configuration(self) -> DsxosConfiguration:
        """The configuration.

        Raises:
            Refused: with every fault, what is missing first, then in the order of the file.
        """
        texts = {key: self._text(key) for key in REQUIRED_TEXTS}
        limits = LimitSources(
            pcc_import=self._limit("pccImportLimitW", least=0.0),
            pcc_export=self._limit("pccExportLimitW", most=0.0),
            power=self._limit("essPowerLimitW", least=0.0),
            capacity=self._limit("essMaxCharge", least=0.0),
        )
        interval_s = self._interval()
        min_period_s = self._number("min_period", least=0.0) if "min_period" in self._entries else None
        client_id = self._text(CLIENT_ID) if CLIENT_ID in self._entries else None
        safe_limit = self._safe_limit(limits.capacity)
        cron = self._cron()
        self._check_endpoint(texts["apiEndpoint"])
        self._check_token(texts["token"], client_id)
        self._check_series(texts)
        if self._faults:
            raise Refused([fault for _, fault in sorted(self._faults, key=lambda noted: noted[0])])
        return DsxosConfiguration(
            account=Account(endpoint=texts["apiEndpoint"], client_id=client_id, token=texts["token"]),
            datapoints=Datapoints(
                consumption=texts["consumptionPrognosisIdentifier"],
                production=texts["productionPrognosisIdentifier"],
                current_plan=texts["essCurrentPowerPlanIdentifier"],
                result_plan=texts["essResultPowerPlanIdentifier"],
                effective_charge=texts["essEffectiveCharge"],
                safe_limit=safe_limit,
                limits=limits,
            ),
            site=StorageSite(step_s=interval_s, min_period_s=min_period_s),
            cron=cron,
        )

    def _text(self, key: str) -> str:
        entry = self._entries.get(key)
        if entry is None:
            self._note(key, "is missing")
        elif entry.text is None:
            self._note(entry, "has no value" if entry.is_single else "must be a text or a number")
        return entry.text if entry is not None and entry.text is not None else ""

    def _number(self, key: str, *, least: float | None = None, most: float | None = None) -> float:
        text = self._text(key)
        if not text:
            return 0.0
        number = _number(text)
        wrong = f"must be a number, not {text!r}" if number is None else number_fault(number, least)
        if number is not None and wrong is None and most is not None and number > most:
            wrong = f"must be at most {most:g} (the platform counts export as negative), not {number:g}"
        if wrong is not None:
            self._note(key, wrong)
        return 0.0 if number is None or wrong is not None else number

    def _limit(self, key: str, *, least: float | None = None, most: float | None = None) -> LimitSource:
        """A limit's datapoint, its number, or both; what is missing altogether is asked for as a number."""
        named = key + DATAPOINT
        identifier = (self._text(named) or None) if named in self._entries else None
        is_number = key in self._entries or named not in self._entries
        number = self._number(key, least=least, most=most) if is_number else None
        return LimitSource(identifier=identifier, number=number, least=least)

    def _interval(self) -> int:
        count = len(self._faults)
        interval_s = self._number("interval")
        if len(self._faults) == count:
            for fault in step_faults(interval_s):
                self._note("interval", fault.message)
        return int(interval_s)

    def _safe_limit(self, capacity: LimitSource) -> str | float | None:
        """An identifier, a number, or None where the key is not there."""
        if "essMinSafeLim" not in self._entries:
            return None
        text = self._text("essMinSafeLim")
        number = _number(text)
        if number is None:
            return text
        wrong = number_fault(number, 0.0)
        # A capacity that the platform knows may be any by then: the plan says what does not fit.
        most_wh = math.inf if capacity.identifier else max(capacity.number or 0.0, 100.0)
        if wrong is None and number > most_wh:
            wrong = f"must be at most essMaxCharge, {capacity.number:g}, not {number:g}"
        if wrong is not None:
            self._note("essMinSafeLim", wrong)
        return number

    def _cron(self) -> Cron | None:
        if "cron" not in self._entries:
            return None
        text = self._text("cron")
        try:
            return Cron.parse(text) if text else None
        except ValueError as error:
            self._note("cron", str(error))
            return None

    def _check_endpoint(self, text: str) -> None:
        if not text:
            return
        try:
            parts = urlsplit(text)
            is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_address = False
        if not is_address or parts.query or parts.fragment:
            self._note("apiEndpoint", "must be an address such as https://dsxos.example/api")
        elif parts.username is not None:
            self._note("apiEndpoint", "must not hold a user name; clientID and token say who is asking")

    def _check_token(self, token: str, client_id: str | None) -> None:
        if token and client_id is None and not is_header(token):
            self._note("token", "cannot be sent: it has characters that no HTTP header may have")

    def _check_series(self, texts: Mapping[str, str]) -> None:
        first: dict[str, str] = {}
        for key in SERIES:
            text = texts[key]
            if text and first.setdefault(text, key) != key:
                self._note(key, f"is the same datapoint as {first[text]}")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _near(key: str) -> list[str]:
    """A known key that is meant: the one with the same letters in another case, or the most alike."""
    return [known for known in KNOWN if _letters(known) == _letters(key)] or get_close_matches(key, KNOWN, n=1)


def _letters(key: str) -> str:
    return "".join(letter.lower() for letter in key if letter.isalnum())
