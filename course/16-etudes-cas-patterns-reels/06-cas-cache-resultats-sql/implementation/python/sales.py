"""La base de la librairie : 120 000 ventes tirées d'une graine fixe, et la requête qui coûte cher.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

# #region schema
CITIES = ("Paris", "Lyon", "Marseille", "Toulouse", "Bordeaux", "Lille", "Nantes", "Montréal")

#: Deux mille livres, douze rayons, deux ans de ventes ; le hasard est une suite congruentielle, donc toujours le même.
SCHEMA = """
CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT NOT NULL, shelf INTEGER NOT NULL, price INTEGER NOT NULL);
CREATE TABLE sales (id INTEGER PRIMARY KEY, book INTEGER NOT NULL, city INTEGER NOT NULL, day INTEGER NOT NULL, quantity INTEGER NOT NULL);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1999)
INSERT INTO books SELECT i, printf('livre-%04d', i), i % 12, 500 + i * 7919 % 3000 FROM n;
WITH RECURSIVE n(i, x) AS (
  SELECT 0, 42 UNION ALL SELECT i + 1, (x * 1103515245 + 12345) % 2147483648 FROM n WHERE i < 119999
)
INSERT INTO sales SELECT i, (x >> 8) % 2000, (x >> 20) % 8, i * 730 / 120000, 1 + (x >> 16) % 3 FROM n;"""
# #endregion schema

# #region requete
#: Les trois meilleures ventes de chaque rayon dans une ville, sur tant de jours, avec leur part du rayon.
BEST_SELLERS = """
WITH counted AS (
  SELECT books.shelf, books.title, sum(sales.quantity) AS copies, sum(sales.quantity * books.price) AS revenue
  FROM sales JOIN books ON books.id = sales.book
  WHERE sales.city = ? AND sales.day >= 730 - ?
  GROUP BY books.id
), ranked AS (
  SELECT *, rank() OVER (PARTITION BY shelf ORDER BY copies DESC, title) AS place,
         round(100.0 * copies / sum(copies) OVER (PARTITION BY shelf), 1) AS share
  FROM counted
)
SELECT shelf, place, title, copies, revenue, share FROM ranked WHERE place <= 3 ORDER BY shelf, place"""

#: Une vente de plus : ce qui rend le palmarès de la ville faux.
SELL = "INSERT INTO sales (book, city, day, quantity) VALUES (?, ?, 729, ?)"
# #endregion requete


class Database:
    """SQLite en mémoire ; les requêtes s'y font une à une, comme devant un serveur à un cœur."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(SCHEMA)
        self._lock = threading.Lock()
        self.queries = 0

    def ask(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        with self._lock:
            self.queries += 1
            return [dict(row) for row in self._connection.execute(sql, values)]

    def close(self) -> None:
        self._connection.close()
