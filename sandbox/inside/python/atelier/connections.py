"""Redis connections that an interruption may have cut between a command and its reply."""

import gc
import sys


def drop_connections() -> None:
    """Closes every blocking connection of redis-py: the next command connects again, and reads no reply but its own."""
    redis = sys.modules.get("redis.connection")
    if redis is None:
        return
    for each in gc.get_objects():
        if issubclass(type(each), redis.AbstractConnection):
            each.disconnect()
