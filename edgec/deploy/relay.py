"""A port of this machine's loopback, each connection to which talks to a command on a board.

For programs that only know TCP: nothing listens on the board, and no port of it is open.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from edgec.deploy.transport import Stream
from edgec.errors import DeployError

_CHUNK_BYTES = 1 << 16


class Relay:
    """Listens while the context is open. `start` starts the command of a connection that `admit`
    lets in. `fault` is why a command could not be started, if one could not: then nobody listens
    any more.
    """

    def __init__(self, start: Callable[[], Stream],
                 admit: Callable[[socket.socket], bool]) -> None:
        self._start, self._admit = start, admit
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket | Stream] = []
        self._threads: list[threading.Thread] = []
        self.fault: DeployError | None = None
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Relay:
        self._in_background(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._stop_listening()
        for end in list(self._open):
            with suppress(OSError, DeployError):
                if isinstance(end, socket.socket):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        for thread in list(self._threads):
            thread.join()

    def _stop_listening(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # ends an accept that waits
        self._listener.close()

    def _in_background(self, what: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=what, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            self._open.append(connection)
            self._in_background(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if not self._admit(connection):
                return
            try:
                stream = self._start()
            except DeployError as error:
                self.fault = error
                self._stop_listening()
                return
            self._open.append(stream)
            self._in_background(_up, connection, stream)
            try:
                while data := stream.receive():
                    connection.sendall(data)
            except DeployError:
                pass  # it said nothing for too long
            finally:
                stream.close()


def _up(connection: socket.socket, stream: Stream) -> None:
    with suppress(OSError, DeployError, ValueError):
        while data := connection.recv(_CHUNK_BYTES):
            stream.send(data)
        stream.end_input()
