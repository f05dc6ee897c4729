-- Journal glissant : un membre par requête admise, daté ; le compte est exact à chaque instant.
-- KEYS[1]  journal du client (sorted set : membre = requête, score = instant en microsecondes)
-- ARGV[1]  limite : requêtes admises sur la durée de la fenêtre, au moins 1
-- ARGV[2]  durée de la fenêtre, en millisecondes
-- ARGV[3]  identifiant unique de la requête
-- Réponse  {admise : 1 ou 0, requêtes encore possibles, attente conseillée en ms (0 si admise)}
-- #region script
local limit, window = tonumber(ARGV[1]), ARGV[2] * 1000
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local count = redis.call('ZCARD', KEYS[1])
if count < limit then
  redis.call('ZADD', KEYS[1], now, ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {1, limit - count - 1, 0}
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {0, 0, math.ceil((oldest[2] + window - now) / 1000)}
-- #endregion
