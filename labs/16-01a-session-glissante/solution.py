import json
from typing import TypedDict

import redis


class Session(TypedDict):
    user: str
    cart: dict[str, int]


r = redis.Redis(decode_responses=True)

ouvrir = r.register_script("""
    -- KEYS[1] session   ARGV[1] document   ARGV[2] inactivité (ms)   ARGV[3] durée de vie (ms)
    local t = redis.call('TIME')
    redis.call('JSON.SET', KEYS[1], '$', ARGV[1])
    redis.call('JSON.SET', KEYS[1], '$.deadline', string.format('%d', t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[3]))
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[2]), tonumber(ARGV[3])))
""")

lire = r.register_script("""
    -- KEYS[1] session   ARGV[1] inactivité permise (ms)   → document, ou nil
    local document = redis.call('JSON.GET', KEYS[1])
    if not document then return false end
    local t = redis.call('TIME')
    local reste = redis.call('JSON.GET', KEYS[1], '.deadline') - t[1] * 1000 - math.floor(t[2] / 1000)
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), reste))
    return document
""")

ajouter = r.register_script("""
    -- KEYS[1] session   ARGV[1] chemin du livre   ARGV[2] quantité   → total, ou nil
    if redis.call('EXISTS', KEYS[1]) == 0 then return false end
    redis.call('JSON.SET', KEYS[1], ARGV[1], '0', 'NX')
    return tonumber(redis.call('JSON.NUMINCRBY', KEYS[1], ARGV[1], ARGV[2]))
""")


def open(id: str, user: str, idle_ms: int, lifetime_ms: int) -> None:
    document = json.dumps({"user": user, "cart": {}})
    ouvrir(keys=[f"session:{id}"], args=[document, idle_ms, lifetime_ms])


def read(id: str, idle_ms: int) -> Session | None:
    document = lire(keys=[f"session:{id}"], args=[idle_ms])
    if document is None:
        return None
    session = json.loads(document)
    return {"user": session["user"], "cart": session["cart"]}


def add(id: str, book: str, quantity: int) -> int | None:
    return ajouter(keys=[f"session:{id}"], args=[f'.cart["{book}"]', quantity])
