-- Ajoute les points d'une partie, une seule fois, et fait de cet ajout l'arrivée qui départage.
-- KEYS[1]  le classement cumulé
-- KEYS[2]  la marque de la partie : si elle existe, la partie est déjà comptée
-- ARGV[1]  le joueur
-- ARGV[2]  les points gagnés
-- ARGV[3]  l'arrivée, en secondes depuis l'ouverture du jeu
-- ARGV[4]  la durée de vie de la marque, en secondes
-- Réponse  les points du joueur après l'appel, ou nil si le total ne tiendrait plus dans un score
-- #region script
local span = 2 ^ 28
local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0)
local points = math.floor(score / span)
if redis.call('EXISTS', KEYS[2]) == 1 then return points end
points = points + ARGV[2]
if points >= 2 ^ 25 then return false end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[4])
redis.call('ZADD', KEYS[1], string.format('%.0f', points * span + span - 1 - ARGV[3]), ARGV[1])
return points
-- #endregion script
