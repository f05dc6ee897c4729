# to-review dies=dead-answered, closed-by-hand=dead-answered
# Augmente le champ sans se demander si la session existe : HINCRBY la recrée, sans échéance.
import time

import redis

r = redis.Redis(decode_responses=True)

lire = r.register_script("""
    local fin = redis.call('HGET', KEYS[1], 'fin')
    if not fin then return false end
    local t = redis.call('TIME')
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), fin - t[1] * 1000 - math.floor(t[2] / 1000)))
    return redis.call('HGETALL', KEYS[1])
""")


def open(id, user, idle_ms, lifetime_ms):
    cle = f"session:{id}"
    fin = int(time.time() * 1000) + lifetime_ms
    with r.pipeline(transaction=True) as transaction:
        transaction.delete(cle).hset(cle, mapping={"user": user, "fin": fin})
        transaction.pexpire(cle, min(idle_ms, lifetime_ms)).execute()


def read(id, idle_ms):
    plat = lire(keys=[f"session:{id}"], args=[idle_ms])
    if plat is None:
        return None
    champs = dict(zip(plat[::2], plat[1::2]))
    cart = {nom[6:]: int(n) for nom, n in champs.items() if nom.startswith("livre:")}
    return {"user": champs["user"], "cart": cart}


def add(id, book, quantity):
    return r.hincrby(f"session:{id}", f"livre:{book}", quantity)
