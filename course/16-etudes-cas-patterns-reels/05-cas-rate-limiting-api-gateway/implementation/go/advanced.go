package ratelimit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"
)

// #region politiques

// Algorithm nomme un script du dossier lua-scripts.
type Algorithm string

const (
	FixedWindow    Algorithm = "fixed-window"
	SlidingLog     Algorithm = "sliding-log"
	SlidingCounter Algorithm = "sliding-counter"
	TokenBucket    Algorithm = "token-bucket"
)

// Policy dit ce qui est permis et comment on le compte : Limit requêtes par Window, ou, pour le seau à
// jetons, une rafale de Limit puis RatePerSecond.
type Policy struct {
	Algorithm     Algorithm
	Limit         int
	Window        time.Duration
	RatePerSecond float64
}

// Period est la durée sur laquelle la politique se lit : la fenêtre, ou le temps de remplir le seau.
func (p Policy) Period() time.Duration {
	if p.Algorithm == TokenBucket {
		return time.Duration(float64(p.Limit) / p.RatePerSecond * float64(time.Second))
	}
	return p.Window
}

func (p Policy) validate() error {
	paced := p.Window >= time.Millisecond
	if p.Algorithm == TokenBucket {
		paced = p.RatePerSecond > 0
	}
	if p.Limit < 1 || !paced {
		return fmt.Errorf("politique invalide : %+v", p)
	}
	return nil
}

// #endregion politiques

// #region limiteur

// Limiter décide des requêtes d'une route. L'accolade de la clé garde toutes les limites d'un client sur le
// même nœud d'un cluster ; Script.Run appelle par empreinte, et renvoie le texte si Redis répond NOSCRIPT.
type Limiter struct {
	rdb    redis.Scripter
	name   string
	policy Policy
	script *redis.Script
}

// NewLimiter refuse une politique qui n'a pas de sens.
func NewLimiter(rdb redis.Scripter, name string, policy Policy) (*Limiter, error) {
	if err := policy.validate(); err != nil {
		return nil, err
	}
	return &Limiter{rdb, name, policy, redis.NewScript(source(string(policy.Algorithm)))}, nil
}

// CostError signale un coût que le seau ne pourra jamais payer : une erreur de l'appelant.
type CostError struct{ Cost float64 }

func (e CostError) Error() string {
	return fmt.Sprintf("coût %v hors de la capacité du seau", e.Cost)
}

// Check décide d'une requête ; cost ne vaut que pour le seau à jetons.
func (l *Limiter) Check(ctx context.Context, client string, cost float64) (Decision, error) {
	keys := []string{l.key(client)}
	switch l.policy.Algorithm {
	case TokenBucket:
		if !(cost > 0 && cost <= float64(l.policy.Limit)) {
			return Decision{}, CostError{cost}
		}
		return decision(l.script.Run(ctx, l.rdb, keys, l.policy.Limit, l.policy.RatePerSecond, cost))
	case SlidingLog:
		return decision(l.script.Run(ctx, l.rdb, keys, l.policy.Limit, l.policy.Window.Milliseconds(), requestID()))
	default:
		return decision(l.script.Run(ctx, l.rdb, keys, l.policy.Limit, l.policy.Window.Milliseconds()))
	}
}

func (l *Limiter) key(client string) string { return fmt.Sprintf("rl:{%s}:%s", client, l.name) }

func requestID() string {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		panic(err)
	}
	return hex.EncodeToString(id[:])
}

// #endregion limiteur

// #region entetes

// HTTPAnswer donne le statut d'une décision et pose ses en-têtes ; Retry-After s'exprime en secondes
// entières (RFC 9110).
func HTTPAnswer(d Decision, p Policy, headers http.Header) int {
	headers.Set("RateLimit-Policy", fmt.Sprintf(`"default";q=%d;w=%d`, p.Limit, int(math.Ceil(p.Period().Seconds()))))
	if d.Admitted {
		headers.Set("RateLimit", fmt.Sprintf(`"default";r=%d`, d.Remaining))
		return http.StatusOK
	}
	wait := (d.WaitMs + 999) / 1000
	headers.Set("RateLimit", fmt.Sprintf(`"default";r=%d;t=%d`, d.Remaining, wait))
	headers.Set("Retry-After", fmt.Sprint(wait))
	return http.StatusTooManyRequests
}

// #endregion entetes
