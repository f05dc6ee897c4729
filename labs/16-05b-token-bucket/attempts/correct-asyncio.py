# passed
# Le client asynchrone, EVALSHA à la main et le rattrapage de NOSCRIPT.
import hashlib

import redis.asyncio as redis
from redis.exceptions import NoScriptError

r = redis.Redis(decode_responses=True)
SOURCE = """
    local capacity, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    local t = redis.call('TIME')
    local now = t[1] * 1000 + t[2] / 1000
    local b = redis.call('HMGET', KEYS[1], 'n', 'at')
    local n, at = tonumber(b[1]) or capacity, tonumber(b[2]) or now
    n = math.min(capacity, n + (now - at) * rate / 1000)
    if cost > capacity then return { 0, tostring(n), -1 } end
    local ok = n >= cost
    if ok then n = n - cost end
    redis.call('HSET', KEYS[1], 'n', tostring(n), 'at', string.format('%.3f', now))
    redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - n) / rate * 1000) + 1)
    if ok then return { 1, tostring(n), 0 } end
    return { 0, tostring(n), math.ceil((cost - n) / rate * 1000) }
"""
SHA = hashlib.sha1(SOURCE.encode()).hexdigest()


async def take(client: str, capacity: float, rate: float, cost: float) -> dict:
    cle = f"seau:{client}"
    try:
        reponse = await r.evalsha(SHA, 1, cle, capacity, rate, cost)
    except NoScriptError:
        reponse = await r.eval(SOURCE, 1, cle, capacity, rate, cost)
    acceptee, jetons, attente = reponse
    return {"allowed": acceptee == 1, "tokens": float(jetons), "retryAfterMs": attente}
