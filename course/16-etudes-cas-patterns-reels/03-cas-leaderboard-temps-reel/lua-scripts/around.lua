-- Un joueur et ses voisins, sans que personne s'intercale entre son rang et la lecture de la page.
-- KEYS[1]  le classement
-- ARGV[1]  le joueur
-- ARGV[2]  combien de voisins de chaque côté
-- Réponse  { rang du premier rendu (0 pour le meilleur), { joueur, score, joueur, score… } }, ou nil s'il n'y est pas
-- #region script
local rank = redis.call('ZREVRANK', KEYS[1], ARGV[1])
if not rank then return false end
local first = math.max(0, rank - ARGV[2])
return { first, redis.call('ZRANGE', KEYS[1], first, rank + ARGV[2], 'REV', 'WITHSCORES') }
-- #endregion script
