// to-review state-in-redis=state-lost
// Des dictionnaires en mémoire : aucune panne de Redis ne les atteint, un redémarrage si.
package main

type Debit struct {
	State string `json:"state"`
	Left  int64  `json:"left"`
}

var (
	soldes   = map[string]int64{}
	passages = map[string]int64{}
)

func credit(card string, cents int64) error {
	soldes[card] += cents
	return nil
}

func balance(card string) int64 { return soldes[card] }

func debit(card string, cents int64, passage string) Debit {
	trace := card + " " + passage
	if left, deja := passages[trace]; deja {
		return Debit{"done", left}
	}
	if soldes[card] < cents {
		return Debit{"short", soldes[card]}
	}
	soldes[card] -= cents
	passages[trace] = soldes[card]
	return Debit{"done", soldes[card]}
}
