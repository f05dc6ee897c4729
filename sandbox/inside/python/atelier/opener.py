"""Opens the box's Redis ports on 127.0.0.1 and hands the listening sockets to the host."""

import json
import os
import socket

REDIS_PORT = "6379"


def hand_over_redis_ports() -> list[int]:
    """Speaks Node's own way of passing a server over an IPC channel; the box keeps no copy of it. Returns the ports."""
    descriptor = os.environ.pop("NODE_CHANNEL_FD", None)
    os.environ.pop("NODE_CHANNEL_SERIALIZATION_MODE", None)
    ports = [int(port) for port in os.environ.pop("ATELIER_PORTS", REDIS_PORT).split(",")]
    if descriptor is None:
        return ports
    message = json.dumps({"cmd": "NODE_HANDLE", "type": "net.Server", "msg": "listen"})
    with socket.socket(fileno=int(descriptor)) as channel:
        channel.setblocking(True)
        for port in ports:
            with socket.create_server(("127.0.0.1", port), backlog=128) as server:
                socket.send_fds(channel, [f"{message}\n".encode()], [server.fileno()])
                # The host's acknowledgement: closing before it would make the host write to nobody.
                channel.settimeout(10)
                channel.recv(4096)
    return ports
