// to-review slides=did-not-slide, closed-by-hand=dead-answered, every-key-expires=no-key-for-session, state-in-redis=state-lost, two-tabs=book-lost
// Un dictionnaire en mémoire, sous un verrou : parfait tant qu'il n'y a qu'un serveur, et qu'il ne redémarre jamais.
package main

import (
	"maps"
	"sync"
	"time"
)

type session struct {
	User string           `json:"user"`
	Cart map[string]int64 `json:"cart"`
}

type gardee struct {
	session
	glisse, fin time.Time
}

var (
	verrou   sync.Mutex
	sessions = map[string]*gardee{}
)

func dans(ms int64) time.Time { return time.Now().Add(time.Duration(ms) * time.Millisecond) }

func vivante(id string) *gardee {
	trouvee := sessions[id]
	if trouvee == nil || time.Now().After(trouvee.glisse) || time.Now().After(trouvee.fin) {
		return nil
	}
	return trouvee
}

func open(id, user string, idleMs, lifetimeMs int64) error {
	verrou.Lock()
	defer verrou.Unlock()
	sessions[id] = &gardee{session{user, map[string]int64{}}, dans(idleMs), dans(lifetimeMs)}
	return nil
}

func read(id string, idleMs int64) *session {
	verrou.Lock()
	defer verrou.Unlock()
	trouvee := vivante(id)
	if trouvee == nil {
		return nil
	}
	trouvee.glisse = dans(idleMs)
	return &session{trouvee.User, maps.Clone(trouvee.Cart)}
}

func add(id, book string, quantity int64) *int64 {
	verrou.Lock()
	defer verrou.Unlock()
	trouvee := vivante(id)
	if trouvee == nil {
		return nil
	}
	trouvee.Cart[book] += quantity
	total := trouvee.Cart[book]
	return &total
}
