from typing import TypedDict

import redis


class Debit(TypedDict):
    # "done", "short" ou "failed"
    state: str
    # Solde après ce passage, en centimes ; None si l'on n'a pas pu débiter.
    left: int | None


r = redis.Redis(decode_responses=True)


def credit(card: str, cents: int) -> None:
    r.incrby(f"carte:{{{card}}}", cents)


def balance(card: str) -> int:
    return int(r.get(f"carte:{{{card}}}") or 0)


def debit(card: str, cents: int, passage: str) -> Debit:
    # Et si la réponse se perd ? Et si le même passage arrive deux fois ? Et si Redis ne répond pas ?
    left = r.decrby(f"carte:{{{card}}}", cents)
    return {"state": "done", "left": left}
