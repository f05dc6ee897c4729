from typing import TypedDict

import redis


class Decision(TypedDict):
    # La requête passe-t-elle ?
    allowed: bool
    # Requêtes encore permises dans cette fenêtre : jamais négatif.
    remaining: int
    # 0 si la requête passe ; sinon le nombre de millisecondes avant la fin de la fenêtre.
    retryAfterMs: int


r = redis.Redis(decode_responses=True)


def allow(client: str, limit: int, window_ms: int) -> Decision:
    # Ce compteur ne sait pas que sa fenêtre a une fin. À vous !
    compte = r.incr(f"limite:{client}")
    return {"allowed": compte <= limit, "remaining": limit - compte, "retryAfterMs": window_ms}
