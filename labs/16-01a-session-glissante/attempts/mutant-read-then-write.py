# to-review two-tabs=book-lost, cost-round-trips=too-many-round-trips
# Relit la session, change le panier, récrit le tout : le second onglet efface le premier.
import json
import time

import redis

r = redis.Redis(decode_responses=True)

lire = r.register_script("""
    local texte = redis.call('GET', KEYS[1])
    if not texte then return false end
    local t = redis.call('TIME')
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), cjson.decode(texte).fin - t[1] * 1000 - math.floor(t[2] / 1000)))
    return texte
""")


def open(id, user, idle_ms, lifetime_ms):
    texte = json.dumps({"user": user, "cart": {}, "fin": int(time.time() * 1000) + lifetime_ms})
    r.set(f"session:{id}", texte, px=min(idle_ms, lifetime_ms))


def read(id, idle_ms):
    texte = lire(keys=[f"session:{id}"], args=[idle_ms])
    if texte is None:
        return None
    session = json.loads(texte)
    return {"user": session["user"], "cart": dict(session["cart"])}


def add(id, book, quantity):
    cle = f"session:{id}"
    texte = r.get(cle)
    if texte is None:
        return None
    session = json.loads(texte)
    session["cart"][book] = session["cart"].get(book, 0) + quantity
    return session["cart"][book] if r.set(cle, json.dumps(session), keepttl=True, xx=True) else None
