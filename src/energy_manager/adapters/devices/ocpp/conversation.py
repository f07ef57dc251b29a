"""OCPP 1.6 with a charger, as forgiving as chargers need it; the protocol is that of the package ``ocpp``."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import Any

from loguru import logger
from ocpp.exceptions import OCPPError
from ocpp.messages import CallError, CallResult, unpack
from ocpp.v16 import ChargePoint
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from energy_manager.adapters.devices.links.errors import ConnectionLost, DeviceRefused, MalformedAnswer, NoAnswer
from energy_manager.adapters.failures import describe_failure

MOST_GARBAGE = 1_000
"""A charger that has sent so many messages that mean nothing is hung up on; it may call again."""

_SILENT = logging.getLogger("energy_manager.ocpp")
_SILENT.disabled = True
"""The package would log every message and a traceback for each bad one."""


class Conversation(ChargePoint):  # type: ignore[misc]  # the package has no types
    """Requests with the answers that are theirs; answers that nobody waits for, and garbage, do no harm."""

    def __init__(self, charger_id: str, connection: ServerConnection, *, timeout_s: float) -> None:
        super().__init__(charger_id, connection, response_timeout=timeout_s, logger=_SILENT)
        self._timeout_s = timeout_s
        self._pending: set[str] = set()
        self._garbage = 0
        self._connection: ServerConnection = connection

    async def take(self, message: str | bytes) -> None:
        """Do with a message what it is for; one that means nothing is passed over, too many of them are not."""
        try:
            await self.route_message(message)
        except ConnectionClosed:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a charger sends
            self._garbage += 1
            if self._garbage == 1:
                logger.warning("charger {}: a message that means nothing: {}", self.id, describe_failure(error))
            if self._garbage >= MOST_GARBAGE:
                logger.warning("charger {}: {} messages mean nothing; hung up", self.id, self._garbage)
                await self._connection.close(1008, "nothing of this is OCPP 1.6")

    async def ask(self, request: Any) -> str:  # noqa: ANN401 - a payload of the package
        """The ``status`` that it answers.

        Raises:
            NoAnswer, ConnectionLost, MalformedAnswer: there is none.
            DeviceRefused: it answered with an error.
        """
        what, unique_id = type(request).__name__, str(uuid.uuid4())
        self._pending.add(unique_id)
        try:
            answer = await self.call(request, suppress=False, unique_id=unique_id, skip_schema_validation=True)
        except TimeoutError:
            raise NoAnswer(f"charger {self.id}: no answer to {what} in {self._timeout_s:g} s") from None
        except ConnectionClosed:
            raise ConnectionLost(f"charger {self.id} hung up before it answered to {what}") from None
        except (TypeError, AttributeError, LookupError, ValueError) as error:
            reason = describe_failure(error)
            raise MalformedAnswer(f"charger {self.id}: not the answer to {what}: {reason}") from None
        except OCPPError as error:
            raise DeviceRefused(f"charger {self.id} refuses {what}: {describe_failure(error)}") from None
        finally:
            self._pending.discard(unique_id)
        status = getattr(answer, "status", None)
        if not isinstance(status, str):
            raise MalformedAnswer(f"charger {self.id}: its answer to {what} has no status")
        return str(getattr(status, "value", status))

    async def _get_specific_response(self, unique_id: str, timeout: float) -> CallResult | CallError:
        """The answer to the call of this id; one to an earlier call that came at the last moment is passed over."""
        async with asyncio.timeout(timeout):
            while True:
                answer: CallResult | CallError = await self._response_queue.get()
                if answer.unique_id == unique_id:
                    return answer

    async def route_message(self, raw_msg: str | bytes) -> None:
        """As the package does, but answers that nobody waits for pile up nowhere."""
        message = unpack(raw_msg)
        if not isinstance(message, CallResult | CallError):
            await super().route_message(raw_msg)
        elif message.unique_id in self._pending:
            self._pending.discard(message.unique_id)
            self._response_queue.put_nowait(message)
        else:
            raise ValueError("an answer to no open request")
