"""Leaderboard, étape 1 : un sorted set, le meilleur score de chacun.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

from typing import NamedTuple

from redis import Redis


class Line(NamedTuple):
    """Une ligne du classement. Le premier rang est 1."""

    rank: int
    player: str
    points: int


# #region soumettre
def submit(client: Redis, board: str, player: str, points: int) -> bool:
    """Retient le meilleur score du joueur ; dit si celui-ci l'est. Un score plus bas, ou rejoué, ne change rien."""
    return client.zadd(board, {player: points}, gt=True, ch=True) == 1
# #endregion soumettre


# #region lire
def page(client: Redis, board: str, start: int, count: int) -> list[Line]:
    """Une page du classement, à partir du meilleur."""
    return lines(client.zrange(board, start, start + count - 1, desc=True, withscores=True), start)


def rank_of(client: Redis, board: str, player: str) -> Line | None:
    """Le rang et les points d'un joueur, en une commande ; `None` s'il n'a jamais joué."""
    found = client.zrevrank(board, player, withscore=True)  # Redis 7.2
    return None if found is None else Line(found[0] + 1, player, int(float(found[1])))
# #endregion lire


def lines(pairs: list[tuple[str, float]], start: int) -> list[Line]:
    """Une réponse de couples membre et score, devenue lignes."""
    return [Line(start + n + 1, player, int(score)) for n, (player, score) in enumerate(pairs)]
