"""Something between two ends of a connection that a test can cut."""

import socket
import threading


class Relay:
    """Carries one connection to ``port`` at a time; ``cut`` ends it without a word of either end."""

    def __init__(self, port):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._to = ("127.0.0.1", port)
        self._ends = []
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near = self._listener.accept()[0]
                far = socket.create_connection(self._to)
            except OSError:
                return
            self._ends = [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(source, sink), daemon=True).start()

    def cut(self):
        for end in self._ends:
            end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listener.close()


def _carry(source, sink):
    try:
        while data := source.recv(4096):
            sink.sendall(data)
    except OSError:
        pass
