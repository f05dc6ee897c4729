// Les pannes d'un appel à Redis : leur nom, et ce que l'on sait de la commande.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package cantine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"
)

// #region erreurs

// Failure nomme ce qui a manqué ; Defect : rien de tout cela, notre code a tort.
type Failure string

const (
	Unreachable Failure = "unreachable"
	Lost        Failure = "lost"
	Timeout     Failure = "timeout"
	Busy        Failure = "busy"
	ReadOnly    Failure = "readonly"
	Denied      Failure = "denied"
	Full        Failure = "full"
	Defect      Failure = "defect"
	BreakerOpen Failure = "breaker"
	Closing     Failure = "closing"
)

// known est ce que l'on sait après l'échec : la commande a-t-elle pu être exécutée, et attendre sert-il ?
type known struct{ maybeExecuted, passing bool }

var failures = map[Failure]known{
	Unreachable: {false, true}, // rien n'est parti
	Lost:        {true, true},  // la connexion a cédé avant la réponse
	Timeout:     {true, true},
	Busy:        {false, true},  // LOADING, BUSY…
	ReadOnly:    {false, true},  // un réplica : le maître est ailleurs
	Denied:      {false, false}, // NOAUTH, WRONGPASS, NOPERM
	Full:        {false, false}, // OOM
}

var refusals = []struct {
	prefix  string
	failure Failure
}{
	{"READONLY", ReadOnly}, {"OOM", Full}, {"NOAUTH", Denied}, {"WRONGPASS", Denied}, {"NOPERM", Denied},
	{"BUSY ", Busy}, {"LOADING", Busy}, {"MASTERDOWN", Busy}, {"CLUSTERDOWN", Busy}, {"TRYAGAIN", Busy},
}

// FailureOf range une erreur de go-redis.
func FailureOf(err error) Failure {
	var reply redis.Error
	var operation *net.OpError
	var network net.Error
	switch {
	case errors.As(err, &reply):
		for _, refusal := range refusals {
			if strings.HasPrefix(reply.Error(), refusal.prefix) {
				return refusal.failure
			}
		}
		return Defect
	case errors.As(err, &operation) && operation.Op == "dial", errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrClosed):
		return Unreachable
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return Timeout
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return Lost
	}
	return Defect
}

// CallFailed dit de quelle manière un appel a échoué ; l'erreur du client est dans Cause.
type CallFailed struct {
	Failure Failure
	Cause   error
}

func (failed *CallFailed) Error() string {
	return fmt.Sprintf("Redis n'a pas répondu (%s) : %v", failed.Failure, failed.Cause)
}
func (failed *CallFailed) Unwrap() error { return failed.Cause }

// #endregion erreurs
