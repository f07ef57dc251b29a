"""One table from what went wrong to what HTTP says; one shape for all of it."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from energy_manager.adapters.texts.json_text import NotJson, error_document, write_json
from energy_manager.application.access import TokenExpired
from energy_manager.application.appliances import Unknown
from energy_manager.application.explanation import NothingRecorded
from energy_manager.application.ports.fleet.fleet_book import CentreWaits, Fenced
from energy_manager.application.ports.planning.workers import NotEnoughMemory, WorkersBusy
from energy_manager.application.ports.schedules.durability import StoreUnavailable, VersionConflict
from energy_manager.domain.errors import EnergyManagerError, Infeasible, OutOfTime, PlanCheckFailed, Refused
from energy_manager.entrypoints.api.commanding.commands import NotMaster
from energy_manager.entrypoints.api.http.options import fault_of_option
from energy_manager.entrypoints.api.security.guard import Forbidden, TooManyWrongTokens, Unauthorized


class BodyTooLarge(EnergyManagerError):
    """The body is over the limit of the settings."""

    code = "body_too_large"


class BodyTooSlow(EnergyManagerError):
    """The body did not come in time."""

    code = "body_too_slow"


class TooMuchAtOnce(EnergyManagerError):
    """The requests under way are as much as may be; others have to wait."""

    code = "busy"


class WrongType(EnergyManagerError):
    """The body is declared to be something else than JSON."""

    code = "wrong_type"


class PreviewMissing(EnergyManagerError):
    """The command wants the version of a preview."""

    code = "preview_missing"


class PreviewOutdated(EnergyManagerError):
    """Something that the preview depended on has changed."""

    code = "preview_outdated"


class SameKeyForAnother(EnergyManagerError):
    """An idempotency key came twice, with two different commands."""

    code = "same_key_for_another"


class NotFound(EnergyManagerError):
    """What the address names is not there."""

    code = "not_found"


# A plan that failed its own check is an error of ours, the only thing here that is.
STATUS: tuple[tuple[type[EnergyManagerError], int], ...] = (
    (NotJson, 400),
    (Unauthorized, 401),
    (TokenExpired, 401),
    (Forbidden, 403),
    (TooManyWrongTokens, 429),
    (NotFound, 404),
    (Unknown, 404),
    (NothingRecorded, 404),
    (BodyTooSlow, 408),
    (VersionConflict, 409),
    (SameKeyForAnother, 409),
    (PreviewOutdated, 412),
    (PreviewMissing, 428),
    (BodyTooLarge, 413),
    (NotEnoughMemory, 413),
    (WrongType, 415),
    (Refused, 422),
    (Infeasible, 422),
    (PlanCheckFailed, 500),
    (TooMuchAtOnce, 503),
    (WorkersBusy, 503),
    (OutOfTime, 503),
    (NotMaster, 503),
    (CentreWaits, 503),
    (Fenced, 503),
    (StoreUnavailable, 503),
    (EnergyManagerError, 422),
)

_WORDS = {404: "not_found", 405: "method_not_allowed", 426: "upgrade_required"}


_HEADERS = {Unauthorized: {"WWW-Authenticate": "Bearer"}, TooManyWrongTokens: {"Retry-After": "60"}}


def status_of(failure: type[EnergyManagerError]) -> int:
    """What HTTP says to an error of this kind."""
    return next(status for kind, status in STATUS if issubclass(failure, kind))


def error_response(error: EnergyManagerError) -> Response:
    """The error in the shape that all routes share."""
    headers = _HEADERS.get(type(error))
    # In ASCII: what an error quotes need not be fit for UTF-8.
    document = write_json(error_document(error))
    return Response(document, status_of(type(error)), headers, media_type="application/json")


def failed(code: str, message: str, status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The shape of errors, for what is no error of the product's own."""
    return JSONResponse({"error": code, "message": message, "details": None}, status, dict(headers or {}))


def handle_errors(app: FastAPI) -> None:
    """Answer every error, the framework's own too, in the one shape."""

    @app.exception_handler(EnergyManagerError)
    async def said_on_purpose(_: Request, error: EnergyManagerError) -> Response:
        return error_response(error)

    @app.exception_handler(RequestValidationError)
    async def bad_parameter(_: Request, error: RequestValidationError) -> Response:
        return error_response(Refused([fault_of_option(found) for found in error.errors()]))

    @app.exception_handler(HTTPException)
    async def framework(_: Request, error: HTTPException) -> JSONResponse:
        code = _WORDS.get(error.status_code, "http_error")
        return failed(code, str(error.detail), error.status_code, error.headers)

    @app.exception_handler(ClientDisconnect)
    async def nobody_is_listening(_: Request, __: ClientDisconnect) -> JSONResponse:
        return failed("hung_up", "the client hung up", 400)

    @app.exception_handler(Exception)
    async def mistake(_: Request, __: Exception) -> JSONResponse:
        # Ours, not the client's: the server's log has the traceback.
        return failed("internal", "this is a mistake of the server", 500)


_ERROR = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["error", "message", "details"],
            "properties": {"error": {"type": "string"}, "message": {"type": "string"}, "details": {}},
        }
    }
}
_DESCRIPTIONS = {
    400: "The body is no JSON",
    401: "The token of the site is missing or wrong",
    403: "The site is closed to this client, and what would open it",
    404: "There is nothing of that name, or no record of that time",
    408: "The body did not come in time",
    409: "It was changed by another request meanwhile",
    412: "Something it depends on has changed since the preview: look at a new one",
    413: "The body is over the limit",
    415: "The body is declared to be something else than JSON",
    428: "The preview's version is missing: If-Match",
    422: "Refused, with every fault by field; or infeasible, with what would do",
    429: "Too many wrong tokens from this address",
    503: "Out of time, busy, or the store is not available",
}


def described_errors(*statuses: int) -> dict[int | str, dict[str, object]]:
    """What a route may answer besides its answer, for the OpenAPI document."""
    if 401 in statuses:
        statuses = tuple(sorted({*statuses, 429}))
    return {status: {"description": _DESCRIPTIONS[status], "content": _ERROR} for status in statuses}
