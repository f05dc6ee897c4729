"""Cache de résultats SQL, étape 2 : étiquettes, un seul calcul à la fois, renouvellement avant l'échéance, préchauffage.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import json
import math
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from redis import Redis

Reply = TypeVar("Reply")
SCRIPTS = Path(__file__).resolve().parents[2] / "lua-scripts"


# #region recette
@dataclass(frozen=True)
class Recipe:
    """Une requête mise en cache : son nom, les étiquettes dont elle dépend, et la façon de la refaire."""

    key: str
    tags: tuple[str, ...]
    load: Callable[[], Any]


@dataclass(frozen=True)
class Found:
    """Un résultat, et d'où il vient : `fresh`, `stale` (on le refait), `computed` ; en production, `copy` et `bypass`."""

    value: Any
    origin: str


@dataclass(frozen=True)
class Ages:
    """Les durées, en secondes. Au-delà de `fresh`, on refait ; au-delà de `kept`, il ne reste rien à servir."""

    fresh: float = 300
    kept: float = 3600
    tag: float = 86_400
    lock: float = 10
    wait: float = 5
    beta: float = 1
# #endregion recette


def milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def tag_key(tag: str) -> str:
    return f"tag:{tag}"


def parse(text: str | None, stamps: list[str | None]) -> dict[str, Any] | None:
    """Une entrée n'est valable que si elle porte le tampon actuel de chacune de ses étiquettes."""
    if text is None or None in stamps:
        return None
    entry = json.loads(text)
    return entry if stamps == entry["s"] else None


class QueryCache:
    """Le cache d'un serveur. Il ne connaît pas la base : chaque recette apporte sa requête."""

    def __init__(self, client: Redis, ages: Ages = Ages()) -> None:
        self.client = client
        self.ages = ages
        self._store = client.register_script((SCRIPTS / "store.lua").read_text(encoding="utf-8"))
        self._release = client.register_script((SCRIPTS / "release.lua").read_text(encoding="utf-8"))
        self._computing: dict[str, Future[Found | None]] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="renew")

    # #region lire
    def get(self, recipe: Recipe) -> Found:
        """Un résultat aussi vieux que sa dernière invalidation l'autorise, jamais plus."""
        entry = self._read(recipe)
        if entry is None:
            return self._compute(recipe)
        # XFetch : plus l'échéance approche, et plus le calcul est long, plus l'un de nous a de chances de s'en charger.
        early = -math.log(1 - random.random()) * entry["d"] * self.ages.beta
        now = time.time() * 1000
        if now + early >= entry["u"]:
            self._renew(recipe, entry["u"])
        return Found(entry["v"], "fresh" if now < entry["u"] else "stale")

    def _read(self, recipe: Recipe) -> dict[str, Any] | None:
        """L'entrée et les tampons actuels en un aller-retour ; `None` si un tampon manque ou a changé."""
        keys = [recipe.key, *map(tag_key, recipe.tags)]
        text, *stamps = self.call("read", True, lambda: self.client.mget(keys))
        return parse(text, stamps)
    # #endregion lire

    # #region invalider
    def invalidate(self, *tags: str) -> None:
        """À appeler après le COMMIT : tout ce qui porte l'une de ces étiquettes cesse de valoir. Rejouable."""
        self.call("invalidate", True, lambda: self.client.unlink(*map(tag_key, tags)))
    # #endregion invalider

    # #region calculer
    def _compute(self, recipe: Recipe) -> Found:
        """Calcule, ou attend celui qui calcule : dans ce processus d'abord, chez les autres serveurs ensuite."""
        end = time.monotonic() + self.ages.wait
        while time.monotonic() < end:
            leading, ours = self._lead(recipe)
            if leading:
                # Le meneur a pu commencer avant une invalidation que nous devons voir : on relit, on ne partage rien.
                wait([ours], timeout=max(0, end - time.monotonic()))
            else:
                found = self._finish(recipe, ours)
                if found is not None:
                    return found
                time.sleep(random.uniform(0.015, 0.035))
            entry = self._read(recipe)
            if entry is not None:
                return Found(entry["v"], "fresh")
        return Found(recipe.load(), "computed")  # celui qui calcule est lent ou mort : sans lui

    def _lead(self, recipe: Recipe) -> tuple[bool, Future[Found | None]]:
        """Le calcul en cours dans ce processus, ou une place pour le mener."""
        with self._lock:
            running = self._computing.get(recipe.key)
            if running is not None:
                return True, running
            ours: Future[Found | None] = Future()
            self._computing[recipe.key] = ours
            return False, ours

    def _finish(self, recipe: Recipe, ours: Future[Found | None], seen: int | None = None) -> Found | None:
        try:
            return self._attempt(recipe, seen)
        finally:
            with self._lock:
                del self._computing[recipe.key]
            ours.set_result(None)

    def _attempt(self, recipe: Recipe, seen: int | None) -> Found | None:
        """Prend le verrou, lit les tampons **avant** la base, calcule et range ; `None` si un autre a le verrou."""
        token, lock = secrets.token_urlsafe(8), f"lock:{recipe.key}"
        taken, text, stamps = self.call("claim", True, lambda: self._claim(recipe, lock, token))
        if not taken:
            return None
        present = parse(text, stamps)
        if present is not None and present["u"] != seen:
            # Un autre a rangé entre notre lecture et notre verrou : il n'y a plus rien à calculer.
            self.call("release", True, lambda: self._release(keys=[lock], args=[token]))
            return Found(present["v"], "fresh")
        start = time.perf_counter()
        try:
            value = recipe.load()
        except Exception:
            try:
                self.call("release", True, lambda: self._release(keys=[lock], args=[token]))
            except Exception as error:
                self.unsaved(error)
            raise
        cost = (time.perf_counter() - start) * 1000
        spread = random.uniform(0.9, 1.1)  # deux entrées nées ensemble ne vieillissent pas ensemble
        fresh_until = round((time.time() + self.ages.fresh * spread) * 1000)
        entry = json.dumps({"v": value, "s": stamps, "u": fresh_until, "d": cost})
        args = [token, entry, milliseconds(self.ages.kept)]
        try:
            self.call("store", False, lambda: self._store(keys=[recipe.key, lock], args=args))
        except Exception as error:  # ranger échoue sans gêner personne : la valeur est là, on la rend
            self.unsaved(error)
        return Found(value, "computed")

    def _claim(self, recipe: Recipe, lock: str, token: str) -> tuple[bool, str | None, list[Any]]:
        """En un aller-retour : le verrou, ce qui est rangé, et le tampon de chaque étiquette, créé s'il manque."""
        proposed = [secrets.token_urlsafe(8) for _ in recipe.tags]
        with self.client.pipeline(transaction=False) as block:
            # SET NX GET rend l'ancienne valeur, ou rien si la nôtre vient d'être posée.
            block.set(lock, token, px=milliseconds(self.ages.lock), nx=True, get=True)
            block.get(recipe.key)
            for tag, stamp in zip(recipe.tags, proposed):
                block.set(tag_key(tag), stamp, px=milliseconds(self.ages.tag), nx=True, get=True)
            holder, text, *found = block.execute()
        # Le détenteur peut être nous-mêmes : un premier essai dont la réponse s'est perdue.
        return holder in (None, token), text, [old or ours for old, ours in zip(found, proposed)]
    # #endregion calculer

    # #region fond
    def _renew(self, recipe: Recipe, seen: int) -> None:
        """Refait en arrière-plan ce que l'on vient de servir ; le verrou écarte les autres."""
        leading, ours = self._lead(recipe)
        if leading:
            return

        def work() -> None:
            try:
                self._finish(recipe, ours, seen)
            except Exception as error:
                self.unsaved(error)

        self._pool.submit(work)

    def settle(self) -> None:
        """Attend les renouvellements en cours."""
        wait(list(self._computing.values()), timeout=10)
    # #endregion fond

    # #region prechauffer
    def warm(self, recipes: Iterable[Recipe], width: int = 2) -> int:
        """Remplit le cache avant d'ouvrir les portes, `width` requêtes à la fois ; rend le nombre de celles qui ont abouti."""

        def fill(recipe: Recipe) -> bool:
            try:
                self.get(recipe)
            except Exception:
                return False
            return True

        with ThreadPoolExecutor(width) as pool:
            return sum(pool.map(fill, recipes))
    # #endregion prechauffer

    def call(self, operation: str, repeatable: bool, action: Callable[[], Reply]) -> Reply:
        """Tout appel à Redis passe ici : la troisième étape y met ses essais, son disjoncteur et ses mesures."""
        return action()

    def unsaved(self, error: Exception) -> None:
        """Un résultat calculé n'a pas pu être gardé : rien n'est perdu que du temps."""
