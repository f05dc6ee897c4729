# to-review after-reply=work-after-reply, cost-round-trips=too-many-round-trips?, cost-commands=too-many-commands?
# Répond d'abord, écrit encore ensuite : la réponse est rapide, mais le travail n'est pas fait.
import asyncio
import time

import redis.asyncio as redis

r = redis.Redis(decode_responses=True)
en_cours = set()


async def allow(client, limit, window_ms):
    cle = f"limite:{client}"
    async with r.pipeline(transaction=True) as transaction:
        _, compte, reste = await transaction.set(cle, 0, px=window_ms, nx=True).incr(cle).pttl(cle).execute()
    tache = asyncio.create_task(plus_tard())
    en_cours.add(tache)
    tache.add_done_callback(en_cours.discard)
    permise = compte <= limit
    return {"allowed": permise, "remaining": max(0, limit - compte), "retryAfterMs": 0 if permise else reste}


async def plus_tard():
    await asyncio.sleep(0.002)
    await r.set("derniere-requete", time.time(), px=1000)
