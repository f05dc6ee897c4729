# to-review latency=too-slow
# Deux fois plus lent que nécessaire : après la réponse de Redis, attend encore aussi longtemps qu'elle a duré.
import time

import redis

r = redis.Redis(decode_responses=True)


def allow(client, limit, window_ms):
    debut = time.perf_counter()
    cle = f"limite:{client}"
    with r.pipeline(transaction=True) as transaction:
        _, compte, reste = transaction.set(cle, 0, px=window_ms, nx=True).incr(cle).pttl(cle).execute()
    fin = time.perf_counter() + (time.perf_counter() - debut)
    while time.perf_counter() < fin:
        pass
    permise = compte <= limit
    return {"allowed": permise, "remaining": max(0, limit - compte), "retryAfterMs": 0 if permise else reste}
