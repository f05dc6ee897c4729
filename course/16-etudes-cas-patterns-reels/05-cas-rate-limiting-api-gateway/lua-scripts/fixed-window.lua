-- Fenêtre fixe : la première requête ouvre la fenêtre, l'expiration de la clé la ferme.
-- KEYS[1]  compteur du client (chaîne)
-- ARGV[1]  limite : requêtes admises par fenêtre, au moins 1
-- ARGV[2]  durée de la fenêtre, en millisecondes
-- Réponse  {admise : 1 ou 0, requêtes encore possibles, attente conseillée en ms (0 si admise)}
-- #region script
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local count = redis.call('INCR', KEYS[1])
if count == 1 then
  redis.call('PEXPIRE', KEYS[1], window)
end
if count <= limit then
  return {1, limit - count, 0}
end
local wait = redis.call('PTTL', KEYS[1])
if wait < 0 then
  redis.call('PEXPIRE', KEYS[1], window)
  wait = window
end
return {0, 0, math.max(wait, 1)}
-- #endregion
