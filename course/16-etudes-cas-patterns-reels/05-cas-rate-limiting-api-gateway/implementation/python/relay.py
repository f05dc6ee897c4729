"""Un relais TCP devant le vrai Redis, que les tests coupent, figent et rétablissent."""

import random
import socket
import threading
from urllib.parse import urlparse


class Relay:
    """Relaie les octets vers Redis ; `cut` ferme tout, `stalled` les perd en silence."""

    def __init__(self, redis_url: str) -> None:
        target = urlparse(redis_url)
        self._target = (target.hostname or "localhost", target.port or 6379)
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        # Sous la plage que le système prête aux connexions sortantes : entre deux ouvertures, personne ne le prend.
        self.port = random.randrange(20_000, 30_000)
        self.stalled = False

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def open(self) -> "Relay":
        """Écoute, sur le même port que la fois précédente."""
        listener = socket.create_server(("127.0.0.1", self.port))
        with self._lock:
            self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return self

    def cut(self) -> None:
        """Redis est mort : connexions coupées, port fermé."""
        with self._lock:
            listener, self._listener = self._listener, None
            sockets, self._sockets = self._sockets, set()
        for one in [*([listener] if listener else []), *sockets]:
            _close(one)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            with self._lock:
                current = self._listener is listener
                self._sockets |= {near, far}
            if not current:  # accepté juste avant la coupure
                _close(near)
                _close(far)
                return
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                if not self.stalled:
                    sink.sendall(data)
        except OSError:
            pass
        _close(source)
        _close(sink)


def _close(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    one.close()
