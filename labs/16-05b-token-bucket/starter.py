from typing import TypedDict

import redis


class Decision(TypedDict):
    # La requête passe-t-elle ?
    allowed: bool
    # Jetons dans le seau après la décision ; une fraction de jeton compte.
    tokens: float
    # 0 si la requête passe ; -1 si elle ne passera jamais ; sinon le nombre de millisecondes avant qu'elle passe.
    retryAfterMs: float


r = redis.Redis(decode_responses=True)


def take(client: str, capacity: float, refill_per_second: float, cost: float) -> Decision:
    # Un seau plein chaque seconde : c'est une fenêtre fixe, pas un seau de jetons. À vous !
    pris = r.incrby(f"seau:{client}", cost)
    r.expire(f"seau:{client}", 1)
    return {"allowed": pris <= capacity, "tokens": capacity - pris, "retryAfterMs": cost / refill_per_second * 1000}
