# to-review race=both-allowed, burst=burst-miscounted, cost-round-trips=too-many-round-trips, cost-commands=too-many-commands
# Lit le compteur, décide, puis l'incrémente : deux passerelles lisent la même valeur.
import redis.asyncio as redis

r = redis.Redis(decode_responses=True)


async def allow(client, limit, window_ms):
    cle = f"limite:{client}"
    async with r.pipeline(transaction=True) as lecture:
        valeur, reste = await lecture.get(cle).pttl(cle).execute()
    compte = int(valeur or 0)
    if compte >= limit:
        return {"allowed": False, "remaining": 0, "retryAfterMs": reste}
    async with r.pipeline(transaction=True) as ecriture:
        await ecriture.set(cle, 0, px=window_ms, nx=True).incr(cle).execute()
    return {"allowed": True, "remaining": limit - compte - 1, "retryAfterMs": 0}
