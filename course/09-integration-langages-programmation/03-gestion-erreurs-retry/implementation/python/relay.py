"""Pour les essais : un câble devant Redis, que l'on coupe juste après que Redis a exécuté."""

from __future__ import annotations

import socket
import threading
from urllib.parse import urlparse


class Relay:
    """Relaie les octets vers Redis ; les « cuts » prochaines réponses n'arrivent pas, la connexion se coupe à leur place."""

    def __init__(self, url: str) -> None:
        target = urlparse(url)
        self._target = (target.hostname or "127.0.0.1", target.port or 6379)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._target)
            threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, replies: bool) -> None:
        try:
            while data := source.recv(65536):
                # Une réponse de commande : un entier ou un tableau. Les politesses de connexion commencent autrement.
                if replies and self.cuts and data[:1] in b":*":
                    self.cuts -= 1
                    break
                sink.sendall(data)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        source.close()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
