"""A small DSxOS: datapoints, prognoses and their readings over HTTP on a loopback port, and ways to misbehave."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SECRET = "s3cr3t/& ü"
HANG_S = 20.0


@dataclass(frozen=True)
class Asked:
    """A request as it came: ``nth`` counts the requests of its method and path, from 1."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    nth: int


@dataclass
class FakeDsxos:
    """What is stored, and how to misbehave.

    ``misbehave`` is asked before a request is carried out: an int is answered with that status and nothing is done,
    "hang" with silence, "drop" with a closed connection, "trickle" with an octet now and then, "forget" does it and
    answers with 500, "late" does it and is silent; bytes are the answer's body; an Event is waited for.
    """

    datapoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    prognoses: dict[int, dict[str, Any]] = field(default_factory=dict)
    readings: list[dict[str, Any]] = field(default_factory=list)
    misbehave: Callable[[Asked], int | str | bytes | threading.Event | None] = lambda asked: None
    page_limit: int = 2000
    knows_pages: bool = True
    knows_filters: bool = True
    knows_delete: bool = True
    quarter: datetime = field(default_factory=lambda: quarter_of(now()))
    expires_in: Any = 300
    uses_per_token: int = 10**9
    asked: list[Asked] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self._tokens: dict[str, int] = {}
        self._guard = threading.Lock()
        self._is_closing = threading.Event()
        handler = type("Handler", (_Handler,), {"fake": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/api"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._is_closing.set()
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float = HANG_S) -> None:
        self._is_closing.wait(seconds)

    # What a test puts in and looks at.

    def datapoint(self, identifier: str, *, value: Any = None, watts: Iterable[Any] | None = None, **more: Any) -> None:
        """A datapoint with a last reading, or a prognosis of one reading a quarter of an hour."""
        self.datapoints[identifier] = {
            "id": next(self._ids),
            "identifier": identifier,
            "lastReadingValue": value,
            "lastPrognosisId": None,
        }
        if watts is not None:
            self.prognosis(identifier, self.series(watts, **more))

    def series(self, watts: Iterable[Any], *, every_s: int = 900) -> list[dict[str, Any]]:
        """Readings at a constant distance, the first half an hour ago."""
        return series(watts, since=self.quarter - timedelta(seconds=1800), every_s=every_s)

    def prognosis(self, identifier: str, readings: Iterable[dict[str, Any]]) -> int:
        """A new prognosis of a datapoint."""
        own = next(self._ids)
        self.prognoses[own] = {"id": own, "datapointId": self.datapoints[identifier]["id"], "time": iso(now())}
        self.readings += [{"id": next(self._ids), "datapointPrognosisId": own, **reading} for reading in readings]
        self.datapoints[identifier]["lastPrognosisId"] = own
        return own

    def posted(self, identifier: str) -> list[dict[str, Any]]:
        """The readings of a datapoint's newest prognosis."""
        own = self.datapoints[identifier]["lastPrognosisId"]
        return [reading for reading in self.readings if reading["datapointPrognosisId"] == own]

    def powers(self, identifier: str) -> list[float]:
        return [reading["value"] for reading in self.posted(identifier)]

    def count(self, method: str, path: str) -> int:
        return sum((asked.method, asked.path) == (method, path) for asked in self.asked)

    # The API.

    def note(self, method: str, path: str, query: dict[str, str], body: Any) -> Asked:
        with self._guard:
            nth = 1 + self.count(method, path)
            self.asked.append(Asked(method, path, query, body, nth))
            return self.asked[-1]

    def new_token(self, form: dict[str, str]) -> tuple[int, Any]:
        wanted = {"grant_type": "client_credentials", "client_id": "a1", "client_secret": SECRET}
        if form != wanted:
            return 401, {"error": "invalid_client"}
        token = f"token-{next(self._ids)}"
        self._tokens[token] = self.uses_per_token
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in}

    def is_welcome(self, authorization: str) -> bool:
        with self._guard:
            self.authorizations.append(authorization)
            token = authorization.removeprefix("Bearer ")
            self._tokens[token] = self._tokens.get(token, 0) - 1
            return self._tokens[token] >= 0

    def answer(self, asked: Asked) -> tuple[int, Any]:  # noqa: PLR0911 - one return a route
        with self._guard:
            match asked.method, asked.path:
                case "GET", "/datapoints":
                    if not self.knows_filters:
                        return 200, list(self.datapoints.values())
                    found = self.datapoints.get(asked.query["identifier.equals"])
                    return 200, [] if found is None else [found]
                case "GET", "/prognosis-readings":
                    return 200, self._page(asked.query)
                case "POST", "/datapoint-prognoses":
                    own = next(self._ids)
                    self.prognoses[own] = {"id": own, **asked.body}
                    for datapoint in self.datapoints.values():
                        if datapoint["id"] == asked.body["datapointId"]:
                            datapoint["lastPrognosisId"] = own
                    return 201, self.prognoses[own]
                case "POST", "/prognosis-readings":
                    if asked.body["datapointPrognosisId"] not in self.prognoses:
                        return 400, {"error": "no such prognosis"}
                    self.readings.append({"id": next(self._ids), **asked.body})
                    return 201, self.readings[-1]
                case "DELETE", path if self.knows_delete:
                    return self._delete(int(path.rpartition("/")[2]))
        return 405, {"error": "not here"}

    def _page(self, query: dict[str, str]) -> list[dict[str, Any]]:
        own = int(query["datapointPrognosisId.equals"])
        found = [each for each in self.readings if each["datapointPrognosisId"] == own or not self.knows_filters]
        if not self.knows_pages:
            return found
        size = min(int(query.get("size", 20)), self.page_limit)
        first = size * int(query.get("page", 0))
        return found[first : first + size]

    def _delete(self, own: int) -> tuple[int, Any]:
        gone = self.prognoses.pop(own)
        self.readings = [reading for reading in self.readings if reading["datapointPrognosisId"] != own]
        older = [each["id"] for each in self.prognoses.values() if each["datapointId"] == gone["datapointId"]]
        for datapoint in self.datapoints.values():
            if datapoint["lastPrognosisId"] == own:
                datapoint["lastPrognosisId"] = max(older, default=None)
        return 204, None


class _Handler(BaseHTTPRequestHandler):
    fake: FakeDsxos
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        address = urlsplit(self.path)
        octets = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = address.path.removeprefix("/api")
        is_form = "form" in self.headers.get("Content-Type", "")
        body = dict(parse_qsl(octets.decode())) if is_form else json.loads(octets) if octets else None
        asked = self.fake.note(self.command, path, dict(parse_qsl(address.query)), body)
        how = self.fake.misbehave(asked)
        if how == "hang":
            self.fake.wait()
        elif how == "trickle":
            self._trickle()
        elif isinstance(how, int):
            return self._say(how, {"error": "told to"})
        elif isinstance(how, threading.Event):
            how.wait(HANG_S)
        elif isinstance(how, bytes):
            return self._say(200, how)
        if how in ("hang", "drop", "trickle"):
            self.close_connection = True
            return None
        if path == "/auth/token":
            return self._say(*self.fake.new_token(body))
        if not self.fake.is_welcome(self.headers.get("Authorization", "")):
            return self._say(401, {"error": "who are you?"})
        status, said = self.fake.answer(asked)
        if how == "late":
            self.fake.wait()
        return self._say(*((500, {"error": "oh"}) if how == "forget" else (status, said)))

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - named so by http.server

    def _say(self, status: int, said: Any) -> None:
        octets = said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def _trickle(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while not self.fake._is_closing.wait(0.05):
                self.wfile.write(b" ")
                self.wfile.flush()
        except OSError:
            pass

    def log_message(self, *arguments: object) -> None:
        pass

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True


def now() -> datetime:
    return datetime.now(UTC)


def iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def quarter_of(time: datetime) -> datetime:
    return datetime.fromtimestamp(time.timestamp() // 900 * 900, UTC)


def series(watts: Iterable[Any], *, since: datetime, every_s: int = 900) -> list[dict[str, Any]]:
    """Readings at a constant distance."""
    return [
        {"time": iso(since + timedelta(seconds=every_s * step)), "value": value} for step, value in enumerate(watts)
    ]


DAY = 2 + 96


def plain_day(*, length: int = DAY, **more: Any) -> FakeDsxos:
    """40 kW of load and nothing else, at a PCC that may import 50; the storage is half full and told to rest."""
    fake = FakeDsxos(**more)
    fake.datapoint("consumption_p_lt", watts=[40_000] * length)
    fake.datapoint("production_p_lt", watts=[0] * length)
    fake.datapoint("ess_p_lt_a5", watts=[0] * length)
    fake.datapoint("ess_p_lt_a1", watts=[7] * length)
    fake.datapoint("ess_charge", value=142_000)
    fake.datapoint("ess_min_batt_safe_lim", value=0.1)
    return fake


def a1_yaml(fake_url: str, *, cron: str | None = None, **changed: Any) -> str:
    """The configuration that users of the peak shaving application have."""
    keys = {
        "apiEndpoint": fake_url,
        "clientId": "a1",
        "token": SECRET,
        "pccImportLimitW": 50000,
        "pccExportLimitW": -1000000,
        "essMinSafeLim": "ess_min_batt_safe_lim",
        "essPowerLimitW": 175000,
        "essMaxCharge": 284000,
        "productionPrognosisIdentifier": "production_p_lt",
        "consumptionPrognosisIdentifier": "consumption_p_lt",
        "essCurrentPowerPlanIdentifier": "ess_p_lt_a5",
        "essResultPowerPlanIdentifier": "ess_p_lt_a1",
        "essEffectiveCharge": "ess_charge",
        "essEffectiveEndCharge": "ess_charge",
        "interval": 900,
        "min_period": 21600,
        **changed,
    }
    lines = [f"  {key}: {json.dumps(value)}" for key, value in keys.items() if value is not None]
    top = ["# a1.yaml", "---", "appModule: a1", "type: python", "containerName: a1"]
    return "\n".join([*top, *([f'cron: "{cron}"'] if cron else []), "logLevel: 4", "params:", *lines, ""])
