-- Range un résultat et rend le verrou, si le verrou est encore à nous.
-- KEYS[1] : l'entrée ; KEYS[2] : le verrou.
-- ARGV[1] : notre jeton ; ARGV[2] : l'entrée, en JSON ; ARGV[3] : sa durée de conservation, en millisecondes.
-- Réponse : 1 si l'entrée est rangée, 0 si un autre calcule désormais à notre place.
-- #region script
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1
-- #endregion script
