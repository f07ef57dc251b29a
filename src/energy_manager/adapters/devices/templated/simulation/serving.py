"""Simulated devices on the network: as a Modbus unit, behind an HTTP port, or beside an MQTT broker."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from energy_manager.adapters.devices.templated.simulation.documents import SimulatedDocuments
from energy_manager.adapters.runtime.threads import start_daemon

PUBLISHED_EVERY_S = 1.0


class HttpDevice:
    """Answers each URL that the template reads, and takes those that it writes; ``port`` 0 takes a free one."""

    def __init__(self, device: SimulatedDocuments, *, host: str, port: int) -> None:
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            """Answers one connection: 404 where the template knows no such address, never an error of its own."""

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
                with lock:
                    documents = device.documents()
                    is_taken = self.path not in documents and device.take(self.path, body)
                if self.path in documents:
                    self._reply(200, documents[self.path])
                else:
                    self._reply(*((200, {"ok": True}) if is_taken else (404, {"error": "no such address"})))

            do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the names that http.server calls

            def _reply(self, status: int, document: Any) -> None:  # noqa: ANN401 - JSON
                payload = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: object) -> None:
                """Nothing is said of requests."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self.port = int(self._server.server_address[1])

    def start(self) -> None:
        """Serve in a thread of its own."""
        start_daemon(self._server.serve_forever, name="simulated http device")

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


class MqttDevice:
    """Publishes its documents every second, and understands what is published on the topics of its targets."""

    def __init__(self, device: SimulatedDocuments, *, host: str, port: int) -> None:
        from paho.mqtt import client as paho  # noqa: PLC0415 - only where there is a broker
        from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

        self._device, self._host, self.port = device, host, port
        self._lock = threading.Lock()
        self._is_stopped = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda *_: self._begin()
        self._client.on_message = lambda _client, _data, message: self._take(message.topic, bytes(message.payload))

    def start(self) -> None:
        """Connect, and publish in a thread of its own.

        Raises:
            OSError: there is no broker.
        """
        self._client.connect(self._host, self.port)
        self._client.loop_start()
        start_daemon(self._keep_publishing, name="simulated mqtt device")

    def stop(self) -> None:
        """Say good-bye to the broker."""
        self._is_stopped.set()
        self._client.disconnect()
        self._client.loop_stop()

    def _begin(self) -> None:
        for topic in self._device.places():
            self._client.subscribe(topic)
        for topic, word in self._device.online():
            self._client.publish(topic, word, retain=True)

    def _take(self, topic: str, payload: bytes) -> None:
        with self._lock:
            self._device.take(topic, payload.decode(errors="replace"))
        self._publish()

    def _keep_publishing(self) -> None:
        while not self._is_stopped.wait(PUBLISHED_EVERY_S):
            self._publish()

    def _publish(self) -> None:
        with self._lock:
            documents = self._device.documents()
        for topic, document in documents.items():
            self._client.publish(topic, document if isinstance(document, str) else json.dumps(document))
