"""Holds a box's listening socket, and makes the kernel refuse connections to it.

It comes by Node's IPC channel. Says "shut" there once connections are refused; at the next word it hears, lets
them in again and hands the socket back. Without its host it ends, and the port is refused for good.
"""

import json
import os
import socket

BACKLOG = 128

host = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
_, [descriptor], _, _ = socket.recv_fds(host, 4096, 1)
listener = socket.socket(fileno=descriptor)
host.sendall(b'{"cmd":"NODE_HANDLE_ACK"}\n')

# A listening socket that is shut for reading listens no more, and keeps its port.
listener.shutdown(socket.SHUT_RD)
host.sendall(b'"shut"\n')
if host.recv(4096):
    listener.listen(BACKLOG)
    word = {"cmd": "NODE_HANDLE", "type": "net.Server", "msg": "open"}
    socket.send_fds(host, [json.dumps(word).encode() + b"\n"], [descriptor])
    # Its acknowledgement: the host has its copy, and this one may go.
    host.recv(4096)
