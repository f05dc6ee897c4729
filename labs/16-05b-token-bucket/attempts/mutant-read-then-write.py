# to-review race=token-taken-twice, burst=burst-miscounted, cost-round-trips=too-many-round-trips, cost-commands=too-many-commands, cost-bytes=too-many-bytes
# Lit le seau, calcule dans la passerelle, puis l'écrit : l'autre passerelle a lu le même seau.
import math

import redis.asyncio as redis

r = redis.Redis(decode_responses=True)


async def take(client, capacity, rate, cost):
    cle = f"seau:{client}"
    (secondes, micros), seau = await r.pipeline(transaction=True).time().hmget(cle, "n", "at").execute()
    maintenant = secondes * 1000 + micros / 1000
    jetons = capacity if seau[0] is None else float(seau[0])
    vu = maintenant if seau[1] is None else float(seau[1])
    jetons = min(capacity, jetons + (maintenant - vu) * rate / 1000)
    if cost > capacity:
        return {"allowed": False, "tokens": jetons, "retryAfterMs": -1}
    permise = jetons >= cost
    if permise:
        jetons -= cost
    reste = math.ceil((capacity - jetons) / rate * 1000) + 1
    await r.pipeline(transaction=True).hset(cle, mapping={"n": jetons, "at": maintenant}).pexpire(cle, reste).execute()
    return {"allowed": permise, "tokens": jetons, "retryAfterMs": 0 if permise else math.ceil((cost - jetons) / rate * 1000)}
