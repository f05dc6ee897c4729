"""Leaderboard, étape 2 : ex æquo départagés par l'arrivée, trois périodes, voisinage, amis, cumul rejouable.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

from redis import Redis

from basic import Line, lines

SCRIPTS = Path(__file__).parents[2] / "lua-scripts"

# #region score
# Un score est un entier de 53 bits : 25 pour les points, 28 pour l'arrivée, en secondes depuis l'ouverture.
SPAN = 2**28
MAX_POINTS = 2**25 - 1


def score_of(points: int, second: int) -> int:
    """À points égaux, qui arrive plus tôt a le score le plus haut."""
    if not isinstance(points, int) or not 0 <= points <= MAX_POINTS:
        raise ValueError(f"points hors limites : {points}")
    if not isinstance(second, int) or not 0 <= second < SPAN:
        raise ValueError(f"arrivée hors limites : {second}")
    return points * SPAN + (SPAN - 1 - second)


def points_of(score: float) -> int:
    """Les points d'un score."""
    return int(score) // SPAN
# #endregion score


# #region periodes
Period = Literal["day", "week", "all"]
PERIODS: tuple[Period, ...] = ("day", "week", "all")
DAY = 86_400
#: Combien de temps une période reste lisible après son début, en secondes ; 0 : toujours.
LIFETIMES: dict[Period, int] = {"day": 8 * DAY, "week": 35 * DAY, "all": 0}


def name_of(period: Period, at: float) -> str:
    """Le nom d'une période à un instant, en temps universel ; une semaine porte la date de son lundi."""
    if period == "all":
        return "all"
    date = datetime.fromtimestamp(at, timezone.utc).date()
    if period == "week":
        date -= timedelta(days=date.weekday())
    return f"{period}:{date.isoformat()}"
# #endregion periodes


class Leaderboard:
    """Le classement d'un jeu. Les instants sont en secondes ; `opened_at` ne change plus jamais."""

    def __init__(self, client: Redis, game: str, opened_at: datetime) -> None:
        self.client = client
        self._game = game
        self._opened = opened_at.timestamp()
        self._around = client.register_script((SCRIPTS / "around.lua").read_text())
        self._award = client.register_script((SCRIPTS / "award.lua").read_text())

    def key(self, period: Period, at: float | None = None) -> str:
        """La clé d'une période ; l'accolade garde les périodes d'un jeu sur le même nœud."""
        return f"lb:{{{self._game}}}:{name_of(period, time.time() if at is None else at)}"

    # #region soumettre
    def submit(self, player: str, points: int, at: float | None = None) -> list[Period]:
        """Retient le meilleur score dans les trois périodes, en un aller-retour ; dit lesquelles il améliore. Rejouable."""
        at = time.time() if at is None else at
        score = score_of(points, self._second(at))
        with self.client.pipeline(transaction=True) as block:
            for period in PERIODS:
                block.zadd(self.key(period, at), {player: score}, gt=True, ch=True)
            for period in PERIODS:
                if LIFETIMES[period]:
                    block.expire(self.key(period, at), LIFETIMES[period], nx=True)
            replies = block.execute()
        return [period for period, changed in zip(PERIODS, replies) if changed == 1]
    # #endregion soumettre

    # #region cumuler
    def award(self, player: str, match: str, points: int, at: float | None = None) -> int:
        """Ajoute les points d'une partie au cumul ; la même partie, rejouée, ne compte qu'une fois."""
        second = self._second(time.time() if at is None else at)
        score_of(points, second)
        keys = [f"lb:{{{self._game}}}:total", f"lb:{{{self._game}}}:match:{match}"]
        total = self._award(keys, [player, points, second, DAY])
        if total is None:
            raise ValueError(f"le cumul de {player} ne tient plus dans un score")
        return int(total)
    # #endregion cumuler

    # #region lire
    def page(self, period: Period, start: int, count: int) -> list[Line]:
        pairs = self.client.zrange(self.key(period), start, start + count - 1, desc=True, withscores=True)
        return [decode(line) for line in lines(pairs, start)]

    def rank_of(self, period: Period, player: str) -> Line | None:
        found = self.client.zrevrank(self.key(period), player, withscore=True)
        return None if found is None else Line(found[0] + 1, player, points_of(float(found[1])))

    def around(self, period: Period, player: str, radius: int) -> list[Line]:
        """Le joueur et ses voisins ; vide s'il n'a pas joué."""
        found = self._around([self.key(period)], [player, radius])
        return [] if found is None else [decode(line) for line in lines(pairs_of(found[1]), found[0])]
    # #endregion lire

    # #region amis
    def among(self, period: Period, players: list[str]) -> list[Line]:
        """Le classement de quelques joueurs entre eux : une commande, dont le coût suit leur nombre."""
        if not players:
            return []
        scores = self.client.zmscore(self.key(period), players)
        ranked = sorted(((s, p) for p, s in zip(players, scores) if s is not None), key=lambda one: -one[0])
        return [Line(n + 1, player, points_of(score)) for n, (score, player) in enumerate(ranked)]
    # #endregion amis

    def size(self, period: Period) -> int:
        return self.client.zcard(self.key(period))

    def remove(self, player: str, at: float | None = None) -> None:
        """Retire un joueur de toutes les périodes encore lisibles : un tricheur, ou un compte fermé."""
        at = time.time() if at is None else at
        keys = {f"lb:{{{self._game}}}:total"}
        keys |= {self.key(period, at - back * DAY) for back in range(35) for period in PERIODS}
        with self.client.pipeline(transaction=True) as block:
            for key in keys:
                block.zrem(key, player)
            block.execute()

    def _second(self, at: float) -> int:
        return int((at - self._opened) // 1)


def decode(line: Line) -> Line:
    """La ligne, son score devenu points."""
    return line._replace(points=points_of(line.points))


def pairs_of(reply: list[Any]) -> list[tuple[str, float]]:
    """Les couples d'un script : à plat (`membre, score, …`) ou déjà par deux, selon le protocole."""
    if reply and isinstance(reply[0], (list, tuple)):
        return [(member, float(score)) for member, score in reply]
    return [(member, float(score)) for member, score in zip(reply[::2], reply[1::2])]
