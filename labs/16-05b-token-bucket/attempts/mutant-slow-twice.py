# to-review latency=too-slow
# Deux fois plus lent que nécessaire : après la réponse, attend encore aussi longtemps qu'elle a duré.
import redis
from time import perf_counter

r = redis.Redis(decode_responses=True)
puiser = r.register_script("""
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
""")


def take(client, capacity, rate, cost):
    acceptee, jetons, attente = [debut := perf_counter(), puiser(keys=[f"seau:{client}"], args=[capacity, rate, cost])][1]
    fin = perf_counter() + (perf_counter() - debut)
    while perf_counter() < fin:
        pass
    return {"allowed": acceptee == 1, "tokens": float(jetons), "retryAfterMs": attente}
