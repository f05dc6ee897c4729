"""The `topology` of a cell that runs on several nodes: what happens to them is real."""

import builtins
import json
from typing import Any

# As in sandbox/topology.ts, which is not in the box.
DESK_PORT = 16_000


class TopologyError(Exception):
    """Why the host did not do it; the platform says the rest in the learner's language."""

    def __init__(self, code: str, asked: str) -> None:
        super().__init__(f"topology.{asked}")
        self.code = code


class Topology:
    """`topology.kill("primary")`: each call is one request to a port of the box, where the host does it."""

    def nodes(self) -> list[dict[str, Any]]:
        """The nodes that hold keys, and what each takes itself for."""
        return _ask("nodes")

    def primary(self, key: str = "") -> int:
        """The port of the primary; in a cluster, of the one that holds this key."""
        return _ask("primary", key)

    def kill(self, node: int | str) -> None:
        """Kills a node at once, as a power cut would."""
        _ask("kill", node)

    def revive(self, node: int | str) -> None:
        """Starts it again, empty."""
        _ask("revive", node)

    def hang(self, node: int | str) -> None:
        """Stops its processor: it keeps its connections and answers nobody."""
        _ask("hang", node)

    def wake(self, node: int | str) -> None:
        _ask("wake", node)

    def isolate(self, node: int | str) -> None:
        """Cuts it off from the other nodes; your clients still reach it."""
        _ask("isolate", node)

    def link(self, ms: float | None) -> None:
        """Sets the round trip between nodes, in milliseconds; None cuts them off from one another."""
        _ask("link", "null" if ms is None else ms)

    def promote(self, node: int | str) -> None:
        """Makes a replica the primary, as an operator would."""
        _ask("promote", node)

    def successor(self, former: int, key: str = "") -> int:
        """Waits until another node has taken the place of this primary (of this key), and tells its port."""
        return _ask("successor", former, key)

    def failover(self, key: str = "") -> dict[str, int]:
        """Kills the primary (of this key) and waits for the next."""
        return _ask("failover", key)

    def mend(self) -> None:
        """Gives back every node and every link; the roles stay as they are."""
        _ask("mend")


def give_topology() -> None:
    """Names it as a builtin is named."""
    setattr(builtins, "topology", Topology())


def _ask(name: str, *words: Any) -> Any:
    # Kernels that have no topology need not carry these.
    import http.client
    from urllib.parse import quote

    asked = f"{name}({', '.join(map(repr, words))})"
    path = "/".join(["", name, *(quote(str(word), safe="") for word in words)])
    connection = http.client.HTTPConnection("127.0.0.1", DESK_PORT)
    try:
        connection.request("POST", path)
        reply = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        raise TopologyError("TOPOLOGY_GONE", asked) from None
    finally:
        connection.close()
    if "error" in reply:
        raise TopologyError(reply["error"], asked)
    return reply["value"]
