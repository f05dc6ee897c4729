# passed
# GCRA : une seule valeur par client, l'instant où le seau sera plein.
import redis

r = redis.Redis(decode_responses=True)
puiser = r.register_script("""
    -- L'instant où le seau sera plein dit tout : ce qui manque est ce temps, au débit.
    local capacity, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    local t = redis.call('TIME')
    local now = t[1] * 1000 + t[2] / 1000
    local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
    local n = capacity - (full - now) * rate / 1000
    if cost > capacity then return { 0, tostring(n), -1 } end
    if n < cost then
      if full > now then redis.call('PEXPIRE', KEYS[1], math.ceil(full - now) + 1) end
      return { 0, tostring(n), math.ceil((cost - n) / rate * 1000) }
    end
    full = full + cost / rate * 1000
    redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now) + 1)
    return { 1, tostring(n - cost), 0 }
""")


def take(client, capacity, rate, cost):
    acceptee, jetons, attente = puiser(keys=[f"seau:{client}"], args=[capacity, rate, cost])
    return {"allowed": acceptee == 1, "tokens": float(jetons), "retryAfterMs": attente}
