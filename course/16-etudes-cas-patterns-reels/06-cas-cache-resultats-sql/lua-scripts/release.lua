-- Rend le verrou sans rien ranger, si le verrou est encore à nous : le calcul a échoué.
-- KEYS[1] : le verrou.
-- ARGV[1] : notre jeton.
-- Réponse : 1 si le verrou est rendu, 0 s'il n'était plus à nous.
-- #region script
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
-- #endregion script
