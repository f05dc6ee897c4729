// Les dernières sessions lues, à servir quand Redis se tait.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package sessions

import (
	"container/list"
	"sync"
	"time"
)

// copies garde les dernières sessions lues, de la plus ancienne à la plus récente.
type copies struct {
	lock   sync.Mutex
	most   int
	order  *list.List
	places map[string]*list.Element
}

type copied struct {
	token   string
	session Session
	at      time.Time
}

func newCopies(most int) *copies {
	return &copies{most: most, order: list.New(), places: map[string]*list.Element{}}
}

func (kept *copies) put(token string, session Session) {
	kept.lock.Lock()
	defer kept.lock.Unlock()
	kept.remove(token)
	kept.places[token] = kept.order.PushBack(copied{token, session, time.Now()})
	if kept.order.Len() > kept.most {
		kept.remove(kept.order.Front().Value.(copied).token)
	}
}

func (kept *copies) get(token string) (Session, time.Duration, bool) {
	kept.lock.Lock()
	defer kept.lock.Unlock()
	place, found := kept.places[token]
	if !found {
		return Session{}, 0, false
	}
	one := place.Value.(copied)
	return one.session, time.Since(one.at), true
}

func (kept *copies) drop(token string) {
	kept.lock.Lock()
	defer kept.lock.Unlock()
	kept.remove(token)
}

func (kept *copies) dropIf(test func(token string) bool) {
	kept.lock.Lock()
	defer kept.lock.Unlock()
	for token := range kept.places {
		if test(token) {
			kept.remove(token)
		}
	}
}

func (kept *copies) remove(token string) {
	if place, found := kept.places[token]; found {
		kept.order.Remove(place)
		delete(kept.places, token)
	}
}
