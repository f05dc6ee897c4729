# to-review key-lifetime=eternal-key
# Aucune échéance : la mémoire de Redis grandit d'un seau par client vu une fois.
import redis

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
    if ok then return { 1, tostring(n), 0 } end
    return { 0, tostring(n), math.ceil((cost - n) / rate * 1000) }
""")


def take(client, capacity, rate, cost):
    acceptee, jetons, attente = puiser(keys=[f"seau:{client}"], args=[capacity, rate, cost])
    return {"allowed": acceptee == 1, "tokens": float(jetons), "retryAfterMs": attente}
