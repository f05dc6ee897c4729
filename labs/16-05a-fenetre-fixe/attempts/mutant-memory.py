# to-review no-trace-left=no-key-for-client, state-in-redis=state-lost-on-restart, race=both-allowed, burst=burst-miscounted
# Un dictionnaire en mémoire : parfait tant qu'il n'y a qu'une passerelle, et qu'elle ne redémarre jamais.
from time import monotonic

fenetres: dict[str, list[float]] = {}


def allow(client, limit, window_ms):
    maintenant = monotonic() * 1000
    fenetre = fenetres.get(client)
    if fenetre is None or fenetre[1] <= maintenant:
        fenetre = fenetres[client] = [0, maintenant + window_ms]
    fenetre[0] += 1
    permise = fenetre[0] <= limit
    return {
        "allowed": permise,
        "remaining": int(max(0, limit - fenetre[0])),
        "retryAfterMs": 0 if permise else fenetre[1] - maintenant,
    }
