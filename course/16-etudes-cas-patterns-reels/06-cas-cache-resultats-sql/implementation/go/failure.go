// Les pannes d'un appel à Redis : leur nom, et le temps à laisser passer avant de rejouer.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package cache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// #region erreurs

// Failure nomme ce qui a manqué : la connexion, le temps, le maître, la place ; ou rien de tout cela (Defect).
type Failure string

const (
	Connection  Failure = "connection"
	Timeout     Failure = "timeout"
	ReadOnly    Failure = "readonly"
	Full        Failure = "full"
	Busy        Failure = "busy"
	BreakerOpen Failure = "breaker"
	Defect      Failure = "defect"
)

// FailureOf range une erreur de go-redis selon ce qu'il faut en faire.
func FailureOf(err error) Failure {
	var network net.Error
	var reply redis.Error
	switch {
	case errors.As(err, &reply):
		for prefix, failure := range map[string]Failure{
			"READONLY": ReadOnly, "OOM": Full, "BUSY": Busy, "LOADING": Busy, "MASTERDOWN": Busy, "TRYAGAIN": Busy,
		} {
			if strings.HasPrefix(reply.Error(), prefix) {
				return failure
			}
		}
		return Defect
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return Timeout
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, redis.ErrClosed),
		errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return Connection
	}
	return Defect
}

// Unavailable dit que le cache ne répond pas : l’appelant d’une lecture ne la voit jamais, celui d’une invalidation doit la voir.
type Unavailable struct {
	Failure Failure
	Cause   error
}

func (err *Unavailable) Error() string {
	return fmt.Sprintf("cache inaccessible (%s) : %v", err.Failure, err.Cause)
}
func (err *Unavailable) Unwrap() error { return err.Cause }

// #endregion erreurs

// #region pause

// Pause est un recul exponentiel, tiré au hasard de zéro au plafond : mille clients ne reviennent pas ensemble.
func Pause(attempt int, backoff, limit time.Duration) time.Duration {
	return time.Duration(rand.Float64() * float64(min(limit, backoff<<min(attempt-1, 16))))
}

// #endregion pause
