-- Compteur glissant : deux compteurs de fenêtre, le précédent compté au prorata de ce qui en reste visible.
-- KEYS[1]  état du client (hash : slot, current, previous)
-- ARGV[1]  limite : requêtes admises sur la durée de la fenêtre, au moins 1
-- ARGV[2]  durée de la fenêtre, en millisecondes
-- Réponse  {admise : 1 ou 0, requêtes encore possibles, attente conseillée en ms (0 si admise)}
-- #region script
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'slot', 'current', 'previous')
local last = tonumber(state[1]) or 0
local current, previous = tonumber(state[2]) or 0, tonumber(state[3]) or 0
local slot = math.max(last, math.floor(now / window))
if slot > last then
  previous = (slot == last + 1) and current or 0
  current = 0
end
local elapsed = math.max(0, now - slot * window)
local used = previous * (window - elapsed) / window + current
if used + 1 <= limit then
  redis.call('HSET', KEYS[1], 'slot', slot, 'current', current + 1, 'previous', previous)
  redis.call('PEXPIRE', KEYS[1], 2 * window)
  return {1, math.floor(limit - used - 1), 0}
end
if current + 1 <= limit then
  return {0, 0, math.ceil(window - elapsed - (limit - current - 1) * window / previous)}
end
return {0, 0, math.ceil(2 * window - elapsed - (limit - 1) * window / current)}
-- #endregion
