// to-review key-lifetime=no-key-for-client, state-in-redis=state-lost-on-restart, race=token-taken-twice, burst=burst-miscounted
// Un seau par passerelle, en mémoire : dix passerelles, dix fois la limite.
package main

import (
	"sync"
	"time"
)

type seau struct {
	jetons float64
	vu     time.Time
}

var (
	verrou sync.Mutex
	seaux  = map[string]seau{}
)

func take(client string, capacity, rate, cost float64) map[string]any {
	verrou.Lock()
	defer verrou.Unlock()
	s, connu := seaux[client]
	if !connu {
		s = seau{capacity, time.Now()}
	}
	s.jetons = min(capacity, s.jetons+time.Since(s.vu).Seconds()*rate)
	s.vu = time.Now()
	permise := cost <= s.jetons
	attente := 0.0
	if permise {
		s.jetons -= cost
	} else {
		attente = (cost - s.jetons) / rate * 1000
	}
	seaux[client] = s
	if cost > capacity {
		attente = -1
	}
	return map[string]any{"allowed": permise, "tokens": s.jetons, "retryAfterMs": attente}
}
