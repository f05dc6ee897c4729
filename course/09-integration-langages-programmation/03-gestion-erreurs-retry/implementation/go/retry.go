// Rejouer : si c'est permis, tant qu'il reste du temps, de moins en moins souvent, et jamais tous ensemble.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package cantine

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"
)

// Patience est ce que l'on s'accorde pour un appel, essais et pauses compris.
type Patience struct {
	Attempts            int
	Budget              time.Duration
	Backoff, BackoffCap time.Duration
}

// DefaultPatience : trois essais en une seconde.
var DefaultPatience = Patience{3, time.Second, 50 * time.Millisecond, 500 * time.Millisecond}

// #region pause

// Pause est un recul exponentiel, tiré au hasard de zéro au plafond (« full jitter »).
func Pause(attempt int, patience Patience) time.Duration {
	limit := min(patience.BackoffCap, patience.Backoff<<min(attempt-1, 16))
	return time.Duration(rand.Float64() * float64(limit))
}

// #endregion pause

// #region rejouer

// Replay dit ce qu'un appel permet, et qui veut savoir qu'il est rejoué.
type Replay struct {
	Repeatable bool                 // le rejouer deux fois revient-il à le jouer une fois ?
	OnRetry    func(f Failure) bool // un essai va suivre ; rendre faux y renonce
}

// Retry essaie, et recommence si la panne passe d'elle-même et si la commande n'a pas pu s'exécuter deux fois.
// Le budget borne aussi l'essai en cours : c'est l'échéance du contexte que reçoit l'action.
func Retry[T any](ctx context.Context, patience Patience, replay Replay, action func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience.Budget)
	defer cancel()
	for attempt := 1; ; attempt++ {
		reply, err := action(ctx)
		var failed *CallFailed
		if err == nil || errors.Is(err, redis.Nil) || errors.As(err, &failed) {
			return reply, err
		}
		failure := FailureOf(err)
		if failure == Defect {
			return reply, err
		}
		wait, state := Pause(attempt, patience), failures[failure]
		deadline, _ := ctx.Deadline()
		worthwhile := state.passing && (!state.maybeExecuted || replay.Repeatable) &&
			attempt < patience.Attempts && time.Now().Add(wait).Before(deadline)
		if !worthwhile || replay.OnRetry != nil && !replay.OnRetry(failure) {
			return reply, &CallFailed{failure, err}
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return reply, &CallFailed{failure, ctx.Err()}
		}
	}
}

// #endregion rejouer
