# passed
# MULTI : redis-py met un pipeline dans une transaction ; la fenêtre s'ouvre par SET NX et compte par INCR.
import redis

r = redis.Redis(decode_responses=True)


def allow(client, limit, window_ms):
    cle = f"limite:{client}"
    with r.pipeline(transaction=True) as transaction:
        _, compte, reste = transaction.set(cle, 0, px=window_ms, nx=True).incr(cle).pttl(cle).execute()
    return {
        "allowed": compte <= limit,
        "remaining": max(0, limit - compte),
        "retryAfterMs": 0 if compte <= limit else reste,
    }
