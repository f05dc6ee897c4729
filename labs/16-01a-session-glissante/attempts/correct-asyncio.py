# passed
# Le client asynchrone ; une chaîne, que des scripts décodent, changent et récrivent d'un bloc.
import json
import time

import redis.asyncio as redis

r = redis.Redis(decode_responses=True)

lire = r.register_script("""
    local texte = redis.call('GET', KEYS[1])
    if not texte then return false end
    local t = redis.call('TIME')
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), cjson.decode(texte).fin - t[1] * 1000 - math.floor(t[2] / 1000)))
    return texte
""")

ajouter = r.register_script("""
    local texte = redis.call('GET', KEYS[1])
    if not texte then return false end
    local session = cjson.decode(texte)
    session.cart[ARGV[1]] = (session.cart[ARGV[1]] or 0) + ARGV[2]
    redis.call('SET', KEYS[1], cjson.encode(session), 'KEEPTTL')
    return session.cart[ARGV[1]]
""")


async def open(id, user, idle_ms, lifetime_ms):
    texte = json.dumps({"user": user, "cart": {}, "fin": int(time.time() * 1000) + lifetime_ms})
    await r.set(f"session:{id}", texte, px=min(idle_ms, lifetime_ms))


async def read(id, idle_ms):
    texte = await lire(keys=[f"session:{id}"], args=[idle_ms])
    if texte is None:
        return None
    session = json.loads(texte)
    return {"user": session["user"], "cart": dict(session["cart"])}


async def add(id, book, quantity):
    return await ajouter(keys=[f"session:{id}"], args=[book, quantity])
