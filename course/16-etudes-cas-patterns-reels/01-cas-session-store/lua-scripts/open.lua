-- Ouvre une session : le document, son échéance glissante et son entrée dans l'index du compte, d'un seul geste.
-- KEYS[1]  document de la session (RedisJSON)
-- KEYS[2]  index du compte (sorted set : membre = empreinte, score = échéance absolue en ms)
-- ARGV[1]  empreinte de la session
-- ARGV[2]  document, en JSON
-- ARGV[3]  inactivité permise, en ms
-- ARGV[4]  durée de vie absolue, en ms
-- ARGV[5]  sessions permises par compte ; au-delà, les plus anciennes sont révoquées
-- Réponse  1 si la session est ouverte, 0 si l'empreinte sert déjà
-- #region script
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local idle, lifetime = tonumber(ARGV[3]), tonumber(ARGV[4])
if not redis.call('JSON.SET', KEYS[1], '$', ARGV[2], 'NX') then
  return 0
end
redis.call('PEXPIRE', KEYS[1], math.min(idle, lifetime))
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZADD', KEYS[2], now + lifetime, ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[5])
redis.call('PEXPIREAT', KEYS[2], now + lifetime)
return 1
-- #endregion
