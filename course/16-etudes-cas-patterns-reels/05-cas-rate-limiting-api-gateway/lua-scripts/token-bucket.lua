-- Seau à jetons : `rate` jetons par seconde remplissent un seau de `capacity` ; une requête en prend `cost`.
-- KEYS[1]  seau du client (hash : tokens, at)
-- ARGV[1]  capacité du seau, en jetons
-- ARGV[2]  remplissage, en jetons par seconde
-- ARGV[3]  coût de la requête, en jetons, au plus la capacité
-- Réponse  {admise : 1 ou 0, jetons entiers restants, attente conseillée en ms (0 si admise)}
-- #region script
local capacity, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(state[1]) or capacity, tonumber(state[2]) or now
now = math.max(now, at)
tokens = math.min(capacity, tokens + (now - at) * rate / 1000)
if tokens < cost then
  return {0, math.floor(tokens), math.ceil((cost - tokens) * 1000 / rate)}
end
tokens = tokens - cost
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - tokens) * 1000 / rate))
return {1, math.floor(tokens), 0}
-- #endregion
