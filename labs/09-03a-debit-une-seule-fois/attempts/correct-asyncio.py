# passed
# Le client asynchrone ; le script débite par DECRBY, et complète ensuite la trace qu'il venait de réserver.
import asyncio
import random
import time

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, OutOfMemoryError, RedisError

r = redis.Redis(
    decode_responses=True,
    socket_timeout=0.4,
    socket_connect_timeout=0.4,
    retry=Retry(NoBackoff(), 0),
)

debiter = r.register_script("""
    local reste = redis.call('GET', KEYS[2])
    if reste then return { 'done', tonumber(reste) } end
    local solde = tonumber(redis.call('GET', KEYS[1]) or '0')
    if solde < tonumber(ARGV[1]) then return { 'short', solde } end
    redis.call('SET', KEYS[2], 'reservé', 'PX', ARGV[2])
    reste = redis.call('DECRBY', KEYS[1], ARGV[1])
    redis.call('SET', KEYS[2], reste, 'KEEPTTL')
    return { 'done', reste }
""")

DELAI_S = 1.1


async def avec_patience(geste):
    limite = time.monotonic() + DELAI_S
    essai = 0
    while True:
        try:
            return await geste()
        except (OutOfMemoryError, AuthenticationError):
            return None
        except RedisError:
            attente = 0.02 + random.random() * 0.02 + min(0.3, 0.04 * 2**essai)
            if time.monotonic() + attente > limite:
                return None
            await asyncio.sleep(attente)
            essai += 1


async def credit(card, cents):
    await r.incrby(f"carte:{{{card}}}", cents)


async def balance(card):
    return int(await avec_patience(lambda: r.get(f"carte:{{{card}}}")) or 0)


async def debit(card, cents, passage):
    cles = [f"carte:{{{card}}}", f"passage:{{{card}}}:{passage}"]
    reponse = await avec_patience(lambda: debiter(keys=cles, args=[cents, 86_400_000]))
    if reponse is None:
        return {"state": "failed", "left": None}
    return {"state": reponse[0], "left": reponse[1]}
