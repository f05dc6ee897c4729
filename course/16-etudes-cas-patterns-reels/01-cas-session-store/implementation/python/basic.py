"""Session store, étape 1 : un document RedisJSON par session, une échéance qui glisse.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError

Session = dict[str, Any]

IDLE_MS = 30 * 60_000


# #region creer
def open_session(client: Redis, session: Session) -> str:
    """Ouvre une session ; l'identifiant est imprévisible, car il vaut mot de passe tant qu'elle vit."""
    name = secrets.token_urlsafe(16)
    key = f"session:{name}"
    with client.pipeline(transaction=True) as block:
        block.execute_command("JSON.SET", key, "$", json.dumps(session))
        block.pexpire(key, IDLE_MS)
        block.execute()
    return name
# #endregion creer


# #region lire
def read(client: Redis, name: str) -> Session | None:
    """Lit une session et repousse son échéance, en un aller-retour ; `None` si elle est morte."""
    key = f"session:{name}"
    with client.pipeline(transaction=True) as block:
        block.execute_command("JSON.GET", key)
        block.pexpire(key, IDLE_MS)
        document, _ = block.execute()
    return None if document is None else as_session(document)
# #endregion lire


# #region panier
def add_to_cart(client: Redis, name: str, book: str, quantity: int) -> int | None:
    """Ajoute un livre au panier, sans relire la session ; rend la quantité, ou `None` si la session est morte."""
    if not re.fullmatch(r"[\w-]{1,64}", book, re.ASCII):
        raise ValueError(f"référence invalide : {book}")
    key, path = f"session:{name}", f'$.cart["{book}"]'
    with client.pipeline(transaction=True) as block:
        # La ligne du panier, si elle n'existe pas encore.
        block.execute_command("JSON.SET", key, path, "0", "NX")
        block.execute_command("JSON.NUMINCRBY", key, path, str(quantity))
        replies = block.execute(raise_on_error=False)
    return None if is_dead(replies[0]) else single(raise_first(replies)[1])
# #endregion panier


def close(client: Redis, name: str) -> None:
    """Ferme une session."""
    client.unlink(f"session:{name}")


def as_session(document: Any) -> Session:
    """Le texte d'un document, ou ce que redis-py en a déjà lu, devenu session."""
    return json.loads(document) if isinstance(document, (str, bytes)) else document


def single(reply: Any) -> int:
    """Le seul nombre d'une réponse `[3]`, que RESP2 rend en texte et RESP3 en liste."""
    return int(str(json.loads(reply) if isinstance(reply, (str, bytes)) else reply).strip("[]"))


def is_dead(reply: Any) -> bool:
    """Écrire dans une session absente échoue au lieu de la recréer : c'est ce que l'on veut."""
    return isinstance(reply, ResponseError) and "must be created at the root" in str(reply)


def raise_first(replies: list[Any]) -> list[Any]:
    """Les réponses d'une transaction, ou la première erreur qu'elle contient."""
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies
