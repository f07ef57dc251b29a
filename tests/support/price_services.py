"""A price service on loopback that answers whatever a test gives it, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer


class PriceService:
    """``answers`` are (status, body) in order, the last one for ever; ``asked`` are (method, path, body, headers)."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def take(self, request):
        self.asked.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextlib.contextmanager
def served(*answers):
    """A running service and its URL."""
    service = PriceService(*((answer if isinstance(answer, tuple) else (200, answer)) for answer in answers))

    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else b""
            status, answer = service.take((self.command, self.path, body, dict(self.headers)))
            answer = answer() if callable(answer) else answer
            answer = answer.encode() if isinstance(answer, str) else answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_):
            pass

    # An HTTPServer would look its own name up, which takes half a second without a network.
    server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield service, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
