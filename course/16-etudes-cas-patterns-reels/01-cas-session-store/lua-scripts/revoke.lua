-- Révoque toutes les sessions d'un compte, sauf une au besoin. Une session absente de l'index est morte.
-- KEYS[1]  index du compte (sorted set : membre = empreinte, score = échéance absolue en ms)
-- ARGV[1]  empreinte à garder, ou chaîne vide
-- Réponse  les empreintes révoquées ; l'appelant supprime leurs documents, sans hâte
-- #region script
local members = redis.call('ZRANGE', KEYS[1], 0, -1)
local revoked = {}
for _, member in ipairs(members) do
  if member ~= ARGV[1] then
    revoked[#revoked + 1] = member
    redis.call('ZREM', KEYS[1], member)
  end
end
return revoked
-- #endregion
