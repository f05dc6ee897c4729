# to-review key-lifetime=no-key-for-client, state-in-redis=state-lost-on-restart, race=token-taken-twice, burst=burst-miscounted
# Un seau par passerelle, en mémoire : dix passerelles, dix fois la limite.
from time import monotonic

seaux: dict[str, tuple[float, float]] = {}


def take(client, capacity, rate, cost):
    maintenant = monotonic()
    jetons, vu = seaux.get(client, (capacity, maintenant))
    jetons = min(capacity, jetons + (maintenant - vu) * rate)
    permise = cost <= jetons
    if permise:
        jetons -= cost
    seaux[client] = (jetons, maintenant)
    if cost > capacity:
        return {"allowed": False, "tokens": jetons, "retryAfterMs": -1}
    attente = 0 if permise else (cost - jetons) / rate * 1000
    return {"allowed": permise, "tokens": jetons, "retryAfterMs": attente}
