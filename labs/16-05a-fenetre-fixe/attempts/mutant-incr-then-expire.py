# to-review killed-between=eternal-key-after-death, cost-round-trips=too-many-round-trips
# INCR, puis PEXPIRE si le compte vaut 1 : la passerelle qui meurt entre les deux bloque le client pour toujours.
import redis

r = redis.Redis(decode_responses=True)


def allow(client, limit, window_ms):
    cle = f"limite:{client}"
    with r.pipeline(transaction=True) as transaction:
        compte, reste = transaction.incr(cle).pttl(cle).execute()
    if compte == 1:
        r.pexpire(cle, window_ms)
    permise = compte <= limit
    return {"allowed": permise, "remaining": max(0, limit - compte), "retryAfterMs": 0 if permise else reste}
