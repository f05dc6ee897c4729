-- Change l'identifiant d'une session vivante : même document, mêmes échéances, l'ancien nom ne vaut plus rien.
-- KEYS[1]  document sous l'ancienne empreinte
-- KEYS[2]  document sous la nouvelle
-- KEYS[3]  index du compte (sorted set : membre = empreinte, score = échéance absolue en ms)
-- ARGV[1]  ancienne empreinte
-- ARGV[2]  nouvelle empreinte
-- Réponse  1 si la session a changé de nom, 0 si elle est expirée ou révoquée
-- #region script
local deadline = redis.call('ZSCORE', KEYS[3], ARGV[1])
if not deadline or redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
redis.call('RENAME', KEYS[1], KEYS[2])
-- Ajouter avant de retirer : un index que l'on viderait renaîtrait sans échéance.
redis.call('ZADD', KEYS[3], deadline, ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[1])
return 1
-- #endregion
