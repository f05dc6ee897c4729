# to-review state-in-redis=state-lost
# Des dictionnaires en mémoire : aucune panne de Redis ne les atteint, un redémarrage si.
soldes = {}
passages = {}


def credit(card, cents):
    soldes[card] = soldes.get(card, 0) + cents


def balance(card):
    return soldes.get(card, 0)


def debit(card, cents, passage):
    solde = soldes.get(card, 0)
    if (card, passage) in passages:
        return {"state": "done", "left": passages[card, passage]}
    if solde < cents:
        return {"state": "short", "left": solde}
    soldes[card] = passages[card, passage] = solde - cents
    return {"state": "done", "left": solde - cents}
