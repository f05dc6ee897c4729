-- Débite une carte une seule fois par passage, si son solde le permet.
-- KEYS[1]  le solde de la carte, en centimes
-- KEYS[2]  la trace du passage, dont l'identifiant est tiré avant le premier essai
-- ARGV[1]  le montant, en centimes
-- ARGV[2]  combien de temps se souvenir du passage, en millisecondes
-- Réponse  { issue, solde } ; issue : 'done', 'again' (ce passage était déjà débité), 'short' ou 'unknown'
-- #region script
local left = redis.call('GET', KEYS[2])
if left then return { 'again', tonumber(left) } end

local balance = tonumber(redis.call('GET', KEYS[1]))
if not balance then return { 'unknown', 0 } end
left = balance - tonumber(ARGV[1])
if left < 0 then return { 'short', balance } end

redis.call('SET', KEYS[2], left, 'PX', ARGV[2])
redis.call('SET', KEYS[1], left, 'KEEPTTL')
return { 'done', left }
-- #endregion
