// Un disjoncteur : cesser de demander à qui ne répond plus.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package cache

import (
	"sync"
	"time"
)

// #region disjoncteur

// BreakerState vaut 0 fermé, 1 entrouvert, 2 ouvert.
type BreakerState int

const (
	Closed BreakerState = iota
	HalfOpen
	Opened
)

// Breaker, fermé, laisse passer ; ouvert, refuse sans attendre ; entrouvert, laisse passer un seul essai.
type Breaker struct {
	limit     int
	rest      time.Duration
	lock      sync.Mutex
	failures  int
	openUntil time.Time
	trying    bool
}

// NewBreaker ouvre après `limit` échecs de suite, et se repose `rest` avant un essai.
func NewBreaker(limit int, rest time.Duration) *Breaker { return &Breaker{limit: limit, rest: rest} }

// State dit où en est le disjoncteur.
func (breaker *Breaker) State() BreakerState {
	breaker.lock.Lock()
	defer breaker.lock.Unlock()
	return breaker.state()
}

func (breaker *Breaker) state() BreakerState {
	switch {
	case breaker.failures < breaker.limit:
		return Closed
	case time.Now().Before(breaker.openUntil):
		return Opened
	}
	return HalfOpen
}

// Admit dit si l'appel peut partir ; entrouvert, un seul appelant l'obtient.
func (breaker *Breaker) Admit() bool {
	breaker.lock.Lock()
	defer breaker.lock.Unlock()
	state := breaker.state()
	if state == Opened || state == HalfOpen && breaker.trying {
		return false
	}
	breaker.trying = state == HalfOpen
	return true
}

// Succeed referme.
func (breaker *Breaker) Succeed() {
	breaker.lock.Lock()
	defer breaker.lock.Unlock()
	breaker.failures, breaker.trying = 0, false
}

// Fail compte un échec, et ouvre s'il y en a trop.
func (breaker *Breaker) Fail() {
	breaker.lock.Lock()
	defer breaker.lock.Unlock()
	breaker.failures++
	breaker.trying = false
	if breaker.failures >= breaker.limit {
		breaker.openUntil = time.Now().Add(breaker.rest)
	}
}

// #endregion disjoncteur
