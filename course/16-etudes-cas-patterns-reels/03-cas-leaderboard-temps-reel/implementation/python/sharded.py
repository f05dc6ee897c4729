"""Leaderboard, étape 2 : un classement trop chaud pour un seul nœud, réparti par joueur.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import hashlib

from redis import Redis

from advanced import points_of, score_of
from basic import Line


class ShardedBoard:
    """Un classement en plusieurs parts, une par nœud si l'on veut ; écrire en touche une, lire les touche toutes."""

    def __init__(self, client: Redis, board: str, shards: int) -> None:
        self.client = client
        # L'accolade donne à chaque part son slot : un cluster peut les placer sur des nœuds différents.
        self._keys = [f"lb:{{{board}:{shard}}}" for shard in range(shards)]

    # #region repartir
    def key_of(self, player: str) -> str:
        """La part d'un joueur : toujours la même, et les joueurs s'y répartissent également."""
        number = int.from_bytes(hashlib.sha1(player.encode()).digest()[:4], "big")
        return self._keys[number % len(self._keys)]

    def submit(self, player: str, points: int, second: int) -> bool:
        """Retient le meilleur score, sur une seule part."""
        return self.client.zadd(self.key_of(player), {player: score_of(points, second)}, gt=True, ch=True) == 1

    def top(self, count: int) -> list[Line]:
        """Les `count` premiers : il faut en demander autant à chaque part, car tous peuvent être sur la même."""
        with self.client.pipeline(transaction=False) as reading:
            for key in self._keys:
                reading.zrange(key, 0, count - 1, desc=True, withscores=True)
            tops = reading.execute()
        merged = sorted((pair for top in tops for pair in top), key=lambda pair: -pair[1])[:count]
        return [Line(n + 1, player, points_of(score)) for n, (player, score) in enumerate(merged)]

    def rank_of(self, player: str) -> Line | None:
        """Le rang : combien, dans toutes les parts, ont un score plus haut. Exact si personne ne joue entre les réponses."""
        score = self.client.zscore(self.key_of(player), player)
        if score is None:
            return None
        with self.client.pipeline(transaction=False) as reading:
            for key in self._keys:
                reading.zcount(key, f"({score:.0f}", "+inf")
            return Line(1 + sum(reading.execute()), player, points_of(score))
    # #endregion repartir
