# to-review slides=did-not-slide, closed-by-hand=dead-answered, every-key-expires=no-key-for-session, state-in-redis=state-lost, two-tabs=book-lost
# Un dictionnaire en mémoire : parfait tant qu'il n'y a qu'un serveur, et qu'il ne redémarre jamais.
import time

sessions = {}


def vivante(id):
    session = sessions.get(id)
    return session if session and time.time() < min(session["glisse"], session["fin"]) else None


def open(id, user, idle_ms, lifetime_ms):
    maintenant = time.time()
    fins = {"glisse": maintenant + idle_ms / 1000, "fin": maintenant + lifetime_ms / 1000}
    sessions[id] = {"user": user, "cart": {}, **fins}


def read(id, idle_ms):
    session = vivante(id)
    if session is None:
        return None
    session["glisse"] = time.time() + idle_ms / 1000
    return {"user": session["user"], "cart": session["cart"]}


def add(id, book, quantity):
    session = vivante(id)
    if session is None:
        return None
    session["cart"][book] = session["cart"].get(book, 0) + quantity
    return session["cart"][book]
