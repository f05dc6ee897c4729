-- Lit une session vivante et fait glisser son échéance, sans dépasser l'échéance absolue ni ressusciter personne.
-- KEYS[1]  document de la session (RedisJSON)
-- KEYS[2]  index du compte (sorted set : membre = empreinte, score = échéance absolue en ms)
-- ARGV[1]  empreinte de la session
-- ARGV[2]  inactivité permise, en ms
-- ARGV[3]  cran : l'échéance n'est réécrite que si elle gagne au moins cette durée, en ms
-- Réponse  le document en JSON, ou nil si la session est expirée ou révoquée
-- #region script
local deadline = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not deadline then
  return false
end
local document = redis.call('JSON.GET', KEYS[1])
if not document then
  redis.pcall('ZREM', KEYS[2], ARGV[1])
  return false
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ttl = math.min(tonumber(ARGV[2]), deadline - now)
if ttl - redis.call('PTTL', KEYS[1]) >= tonumber(ARGV[3]) then
  redis.pcall('PEXPIRE', KEYS[1], ttl) -- refusé par un réplica : la lecture, elle, reste bonne
end
return document
-- #endregion
