import json
from typing import TypedDict

import redis


class Session(TypedDict):
    user: str
    # Référence du livre → quantité.
    cart: dict[str, int]


r = redis.Redis(decode_responses=True)


def open(id: str, user: str, idle_ms: int, lifetime_ms: int) -> None:
    # Une chaîne, que l'on récrit tout entière. À vous de trouver mieux !
    r.set(f"session:{id}", json.dumps({"user": user, "cart": {}}), px=min(idle_ms, lifetime_ms))


def read(id: str, idle_ms: int) -> Session | None:
    texte = r.get(f"session:{id}")
    return None if texte is None else json.loads(texte)


def add(id: str, book: str, quantity: int) -> int | None:
    session = json.loads(r.get(f"session:{id}") or '{"cart":{}}')
    session["cart"][book] = session["cart"].get(book, 0) + quantity
    r.set(f"session:{id}", json.dumps(session))
    return session["cart"][book]
