"""Session store, étape 2 : échéance absolue, index par compte, rotation, révocation.

Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError

from basic import Session, as_session, is_dead, raise_first, single

SCRIPTS = Path(__file__).parents[2] / "lua-scripts"


# #region jeton
@dataclass(frozen=True)
class Name:
    """Ce que dit un cookie : à qui est la session, et sous quelle empreinte Redis la range."""

    owner: str
    id: str

    @property
    def document(self) -> str:
        """L'accolade garde le document et l'index d'un compte sur le même nœud d'un cluster."""
        return f"session:{{{self.owner}}}:{self.id}"

    @property
    def index(self) -> str:
        return index_key(self.owner)


def index_key(owner: str) -> str:
    """La clé de l'index d'un compte."""
    return f"sessions:{{{owner}}}"


def new_token(owner: str) -> str:
    """Un jeton neuf : 128 bits de hasard derrière une étiquette de compte qui n'est pas un secret."""
    if not re.fullmatch(r"[\w-]{1,32}", owner, re.ASCII):
        raise ValueError(f"étiquette de compte invalide : {owner}")
    return f"{owner}.{secrets.token_urlsafe(16)}"


def parse_token(token: str) -> Name | None:
    """Lit un jeton reçu ; `None` s'il n'en a pas la forme. Redis ne voit que l'empreinte du secret."""
    match = re.fullmatch(r"([\w-]{1,32})\.([\w-]{22})", token, re.ASCII)
    if match is None:
        return None
    digest = hashlib.sha256(match[2].encode()).digest()[:16]
    return Name(match[1], base64.urlsafe_b64encode(digest).decode().rstrip("="))


def named(token: str) -> Name:
    """Comme `parse_token`, pour un jeton que nous avons déjà reconnu."""
    name = parse_token(token)
    if name is None:
        raise ValueError("jeton de session malformé")
    return name
# #endregion jeton


@dataclass(frozen=True)
class Lifetimes:
    """Les durées d'une session, en millisecondes, et ce qu'un compte peut en ouvrir."""

    idle_ms: int = 30 * 60_000
    lifetime_ms: int = 12 * 3_600_000
    step_ms: int = 60_000
    per_owner: int = 20


class SessionStore:
    """Le stockage des sessions d'un ensemble de serveurs."""

    def __init__(self, client: Redis, lifetimes: Lifetimes = Lifetimes()) -> None:
        self.client = client
        self.lifetimes = lifetimes
        # `register_script` appelle par empreinte, et n'envoie le texte que si Redis l'a oublié.
        self._open, self._touch, self._rotate, self._revoke = (
            client.register_script((SCRIPTS / f"{name}.lua").read_text()) for name in ("open", "touch", "rotate", "revoke")
        )

    # #region ouvrir
    def open(self, owner: str, session: Session, token: str | None = None) -> str:
        """Ouvre une session sous un jeton neuf, ou sous celui qu'on donne : rejouer ne l'ouvre pas deux fois."""
        token = token or new_token(owner)
        name, times = named(token), self.lifetimes
        self._open(
            keys=[name.document, name.index],
            args=[name.id, json.dumps(session), times.idle_ms, times.lifetime_ms, times.per_owner],
        )
        return token
    # #endregion ouvrir

    # #region toucher
    def touch(self, token: str) -> Session | None:
        """Lit une session et fait glisser son échéance ; `None` si elle est expirée, révoquée ou inconnue."""
        name = parse_token(token)
        if name is None:
            return None
        args = [name.id, self.lifetimes.idle_ms, self.lifetimes.step_ms]
        document = self._touch(keys=[name.document, name.index], args=args)
        return None if document is None else as_session(document)
    # #endregion toucher

    # #region ecrire
    def set_preference(self, token: str, preference: str, value: str) -> bool:
        """Remplace une préférence sans relire la session ; `False` si elle est morte. Rejouable."""
        try:
            path = f"$.prefs{field(preference)}"
            self.client.execute_command("JSON.SET", named(token).document, path, json.dumps(value))
        except ResponseError as error:
            if is_dead(error):
                return False
            raise
        return True

    def add_to_cart(self, token: str, book: str, quantity: int) -> int | None:
        """Ajoute un livre ; rend la quantité, ou `None` si la session est morte. Rejoué, il compte deux fois."""
        key, path = named(token).document, f"$.cart{field(book)}"
        with self.client.pipeline(transaction=True) as block:
            block.execute_command("JSON.SET", key, path, "0", "NX")
            block.execute_command("JSON.NUMINCRBY", key, path, str(quantity))
            replies = block.execute(raise_on_error=False)
        return None if is_dead(replies[0]) else single(raise_first(replies)[1])
    # #endregion ecrire

    # #region renouveler
    def rotate(self, token: str) -> str | None:
        """Change l'identifiant d'une session du même compte (élévation de droits) ; `None` si elle est morte."""
        old, renewed = named(token), new_token(named(token).owner)
        name = named(renewed)
        moved = self._rotate(keys=[old.document, name.document, old.index], args=[old.id, name.id])
        return renewed if moved == 1 else None

    def login(self, anonymous: str, owner: str) -> str | None:
        """Connecte un visiteur : session neuve sous son compte, avec son panier ; l'ancien identifiant meurt."""
        visitor = self.touch(anonymous)
        if visitor is None:
            return None
        token = self.open(owner, {**visitor, "user": owner})
        last = self._take(anonymous)  # un autre onglet a pu remplir le panier entre-temps
        for book, quantity in (last or {}).get("cart", {}).items():
            missed = quantity - visitor["cart"].get(book, 0)
            if missed > 0:
                self.add_to_cart(token, book, missed)
        return token
    # #endregion renouveler

    # #region fermer
    def close(self, token: str) -> None:
        """Ferme une session."""
        if parse_token(token) is not None:
            self._take(token)

    def close_all(self, owner: str, kept: str | None = None) -> int:
        """Déconnecte un compte partout, sauf éventuellement ici ; rend le nombre de sessions révoquées."""
        revoked = self._revoke(keys=[index_key(owner)], args=[named(kept).id if kept else ""])
        keys = [Name(owner, as_text(one)).document for one in revoked]
        if keys:
            self.client.unlink(*keys)
        return len(keys)
    # #endregion fermer

    # #region lister
    def devices(self, owner: str) -> list[dict[str, Any]]:
        """Les appareils connectés d'un compte, sans parcourir les clés ; les sessions expirées n'y figurent plus."""
        names = [Name(owner, as_text(one)) for one in self.client.zrange(index_key(owner), 0, -1)]
        with self.client.pipeline(transaction=False) as reading:
            for name in names:
                reading.execute_command("JSON.GET", name.document, ".device")
                reading.pttl(name.document)
            replies = reading.execute()
        return [
            {"id": name.id, **as_session(device), "expires_in_ms": ttl}
            for name, device, ttl in zip(names, replies[::2], replies[1::2], strict=True)
            if device is not None
        ]
    # #endregion lister

    def _take(self, token: str) -> Session | None:
        """Retire une session et rend son dernier état : rien ne s'y écrit entre la lecture et la suppression."""
        name = named(token)
        with self.client.pipeline(transaction=True) as block:
            block.zrem(name.index, name.id)
            block.execute_command("JSON.GET", name.document)
            block.unlink(name.document)
            _, document, _ = block.execute()
        return None if document is None else as_session(document)


def field(name: str) -> str:
    """Un champ dans un chemin JSON ; ce que le visiteur envoie ne doit jamais pouvoir fermer le crochet."""
    if not re.fullmatch(r"[\w-]{1,64}", name, re.ASCII):
        raise ValueError(f"nom de champ invalide : {name}")
    return f'["{name}"]'


def as_text(value: str | bytes) -> str:
    """Un membre d'index, que la connexion décode ou non."""
    return value.decode() if isinstance(value, bytes) else value
