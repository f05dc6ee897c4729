// to-review no-trace-left=no-key-for-client, state-in-redis=state-lost-on-restart, race=both-allowed, burst=burst-miscounted
// Un dictionnaire en mémoire, sous un verrou : parfait tant qu'il n'y a qu'une passerelle.
package main

import (
	"sync"
	"time"
)

type fenetre struct {
	compte int64
	fin    time.Time
}

var (
	verrou   sync.Mutex
	fenetres = map[string]*fenetre{}
)

func allow(client string, limit int64, windowMs int64) map[string]any {
	verrou.Lock()
	defer verrou.Unlock()
	f := fenetres[client]
	if f == nil || time.Now().After(f.fin) {
		f = &fenetre{fin: time.Now().Add(time.Duration(windowMs) * time.Millisecond)}
		fenetres[client] = f
	}
	f.compte++
	attente := int64(0)
	if f.compte > limit {
		attente = time.Until(f.fin).Milliseconds()
	}
	return map[string]any{"allowed": f.compte <= limit, "remaining": max(0, limit-f.compte), "retryAfterMs": attente}
}
