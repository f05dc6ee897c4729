package ratelimit

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"math/rand"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// Une décision est rendue dans le budget de temps, que Redis réponde ou non ; quand il ne répond pas, elle
// a été prise d'avance, route par route. Au plus une exécution du script par requête.

// #region configuration

// Configuration rassemble tout ce qui se règle.
type Configuration struct {
	RedisURL        string
	ConnectTimeout  time.Duration
	CommandTimeout  time.Duration // bien au-delà du p99, bien en deçà de ce qu'un utilisateur remarque
	Budget          time.Duration // temps total d'une décision, nouvelles tentatives comprises
	Retries         int
	Pool            int
	BreakerFailures int
	BreakerOpen     time.Duration
	Gateways        int // chacune garde sa part de la limite pour le repli local
}

// Defaults convient à une passerelle qui en compte trois autres.
func Defaults() Configuration {
	return Configuration{
		RedisURL:        "redis://localhost:6379",
		ConnectTimeout:  2 * time.Second,
		CommandTimeout:  50 * time.Millisecond,
		Budget:          100 * time.Millisecond,
		Retries:         2,
		Pool:            50,
		BreakerFailures: 5,
		BreakerOpen:     time.Second,
		Gateways:        4,
	}
}

// Connect rend un client qui répond ou échoue tout de suite, et ne rejoue rien de lui-même.
func Connect(c Configuration) (*redis.Client, error) {
	options, err := redis.ParseURL(c.RedisURL)
	if err != nil {
		return nil, err
	}
	options.DialTimeout = min(c.ConnectTimeout, c.Budget)
	options.ReadTimeout = c.CommandTimeout
	options.WriteTimeout = c.CommandTimeout
	options.PoolTimeout = c.CommandTimeout
	options.PoolSize = c.Pool
	options.MinIdleConns = 10
	options.MaxRetries = -1
	options.DialerRetries = 1 // sinon cinq essais de connexion, à 100 ms d'intervalle, à l'intérieur d'un appel
	options.DialerRetryTimeout = time.Millisecond
	options.ContextTimeoutEnabled = true
	return redis.NewClient(options), nil
}

// #endregion configuration

// #region recul

// Backoff est un recul exponentiel entièrement aléatoire : entre 0 et base × 2^attempt, jamais plus que limit.
func Backoff(attempt int, base, limit time.Duration, draw float64) time.Duration {
	ceiling := math.Min(float64(limit), float64(base)*math.Pow(2, float64(attempt)))
	return time.Duration(draw * ceiling)
}

// #endregion recul

// #region pannes

// Failure range une panne selon ce que l'on peut en faire.
type Failure string

const (
	NotSent     Failure = "not-sent"
	Unavailable Failure = "unavailable"
	TimedOut    Failure = "timeout"
	Connection  Failure = "connection"
	Denied      Failure = "denied"
	Unexpected  Failure = "unexpected"
	BreakerOpen Failure = "breaker-open"
	Closing     Failure = "closing"
)

// FailureOf range une erreur de go-redis.
func FailureOf(err error) Failure {
	var network net.Error
	switch {
	case errors.Is(err, redis.ErrPoolTimeout):
		return NotSent
	case hasPrefix(err, "LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "OOM"):
		return Unavailable
	case hasPrefix(err, "NOAUTH", "WRONGPASS", "NOPERM"):
		return Denied
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return TimedOut
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, redis.ErrClosed):
		return Connection
	}
	return Unexpected
}

// retryable : seul se rejoue ce qui n'a certainement pas été exécuté, le reste pourrait compter deux fois.
func (f Failure) retryable() bool { return f == NotSent || f == Unavailable }

func hasPrefix(err error, prefixes ...string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(err.Error(), prefix+" ") {
			return true
		}
	}
	return false
}

// #endregion pannes

// #region disjoncteur

// CircuitBreaker s'ouvre après des échecs consécutifs ; ouvert, il laisse passer un essai par période.
type CircuitBreaker struct {
	mu        sync.Mutex
	threshold int
	openFor   time.Duration
	failures  int
	openUntil time.Time
}

// NewCircuitBreaker rend un disjoncteur fermé.
func NewCircuitBreaker(threshold int, openFor time.Duration) *CircuitBreaker {
	return &CircuitBreaker{threshold: threshold, openFor: openFor}
}

// Open dit si le disjoncteur est ouvert.
func (b *CircuitBreaker) Open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.openUntil.IsZero()
}

// Allows dit si un appel peut partir maintenant.
func (b *CircuitBreaker) Allows(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.openUntil) {
		return false
	}
	if !b.openUntil.IsZero() {
		b.openUntil = now.Add(b.openFor)
	}
	return true
}

// Succeeded referme le disjoncteur.
func (b *CircuitBreaker) Succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures, b.openUntil = 0, time.Time{}
}

// Failed compte un échec, et ouvre au seuil.
func (b *CircuitBreaker) Failed(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures++; b.failures >= b.threshold {
		b.openUntil = now.Add(time.Duration((0.5 + rand.Float64()) * float64(b.openFor)))
	}
}

// #endregion disjoncteur

// #region repli

// LocalWindow est le compteur de secours d'une passerelle : approximatif, borné en mémoire, infiniment
// mieux que rien.
type LocalWindow struct {
	mu      sync.Mutex
	limit   int64
	window  time.Duration
	clients int
	counts  map[string]int64
	until   time.Time
}

// NewLocalWindow garde au plus clients compteurs ; ils repartent tous ensemble de zéro.
func NewLocalWindow(limit int, window time.Duration, clients int) *LocalWindow {
	return &LocalWindow{limit: int64(limit), window: window, clients: clients, counts: map[string]int64{}}
}

// Check décide d'une requête sans Redis.
func (l *LocalWindow) Check(client string, now time.Time) Decision {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !now.Before(l.until) || len(l.counts) >= l.clients {
		l.counts, l.until = map[string]int64{}, now.Add(l.window)
	}
	l.counts[client]++
	count := l.counts[client]
	if count <= l.limit {
		return Decision{Admitted: true, Remaining: l.limit - count}
	}
	return Decision{WaitMs: l.until.Sub(now).Milliseconds() + 1}
}

// #endregion repli

// #region mesures

// Metrics porte les mesures d'une passerelle. Jamais d'étiquette par client : leur nombre n'est pas borné.
type Metrics struct {
	checks      *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	failures    *prometheus.CounterVec
	retries     prometheus.Counter
	breakerOpen *prometheus.GaugeVec
}

// NewMetrics enregistre les mesures.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rate_limit_checks_total", Help: "Décisions rendues, par route, issue et source.",
		}, []string{"route", "result", "source"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rate_limit_check_duration_seconds", Help: "Temps de décision vu de la passerelle.",
			Buckets: []float64{0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25},
		}, []string{"route"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rate_limit_failures_total", Help: "Appels à Redis qui ont échoué, par nature.",
		}, []string{"kind"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rate_limit_retries_total", Help: "Nouvelles tentatives.",
		}),
		breakerOpen: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "rate_limit_breaker_open", Help: "1 si le disjoncteur est ouvert, 0 sinon.",
		}, []string{"route"}),
	}
	registry.MustRegister(m.checks, m.duration, m.failures, m.retries, m.breakerOpen)
	return m
}

// #endregion mesures

// #region garde

// Route dit ce qu'une route permet, et ce qu'elle fait sans Redis : refuser si Closed, sinon laisser passer
// sous plafond local.
type Route struct {
	Name   string
	Policy Policy
	Closed bool
}

// Answer est une décision et sa source : « redis », « local » ou « closed ».
type Answer struct {
	Decision
	Source string
}

// Guard est le limiteur d'une route : il ne rend jamais d'erreur pour une panne de Redis, et tient son budget.
type Guard struct {
	Route   Route
	config  Configuration
	limiter *Limiter
	breaker *CircuitBreaker
	local   *LocalWindow
	metrics *Metrics
	log     *slog.Logger
}

// NewGuard refuse une politique qui n'a pas de sens.
func NewGuard(route Route, rdb redis.Scripter, config Configuration, metrics *Metrics, log *slog.Logger) (*Guard, error) {
	limiter, err := NewLimiter(rdb, route.Name, route.Policy)
	if err != nil {
		return nil, err
	}
	// Une série absente n'est pas une série à zéro : on les crée toutes, avant la première décision.
	source := "local"
	if route.Closed {
		source = "closed"
	}
	for _, result := range []string{"admitted", "refused"} {
		metrics.checks.WithLabelValues(route.Name, result, "redis")
		metrics.checks.WithLabelValues(route.Name, result, source)
	}
	metrics.breakerOpen.WithLabelValues(route.Name).Set(0)
	return &Guard{
		Route:   route,
		config:  config,
		limiter: limiter,
		breaker: NewCircuitBreaker(config.BreakerFailures, config.BreakerOpen),
		local:   NewLocalWindow(max(1, route.Policy.Limit/config.Gateways), route.Policy.Period(), 10_000),
		metrics: metrics,
		log:     log.With("route", route.Name),
	}, nil
}

// Degraded dit si les décisions se prennent sans Redis.
func (g *Guard) Degraded() bool { return g.breaker.Open() }

// Check décide d'une requête de client, qui coûte cost jetons si la politique est un seau. La seule erreur
// est CostError.
func (g *Guard) Check(ctx context.Context, client string, cost float64) (Answer, error) {
	started := time.Now()
	answer, err := g.decide(ctx, client, cost)
	if err != nil {
		return answer, err
	}
	result := "refused"
	if answer.Admitted {
		result = "admitted"
	}
	latency := time.Since(started)
	g.metrics.checks.WithLabelValues(g.Route.Name, result, answer.Source).Inc()
	g.metrics.duration.WithLabelValues(g.Route.Name).Observe(latency.Seconds())
	if !answer.Admitted {
		g.log.Debug("rate_limit.refused", "key", g.limiter.key(client), "ttl", answer.WaitMs, "latency", latency)
	}
	return answer, nil
}

func (g *Guard) decide(ctx context.Context, client string, cost float64) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, g.config.Budget)
	defer cancel()
	for attempt := 0; ; attempt++ {
		if !g.breaker.Allows(time.Now()) {
			return g.fallback(client, BreakerOpen), nil
		}
		decision, err := g.limiter.Check(ctx, client, cost)
		if err == nil {
			g.succeeded()
			return Answer{decision, "redis"}, nil
		}
		if errors.As(err, &CostError{}) {
			return Answer{}, err
		}
		failure := g.failed(err)
		pause := Backoff(attempt, 10*time.Millisecond, 50*time.Millisecond, rand.Float64())
		deadline, _ := ctx.Deadline()
		late := time.Now().Add(pause + g.config.CommandTimeout).After(deadline)
		if !failure.retryable() || attempt >= g.config.Retries || late {
			return g.fallback(client, failure), nil
		}
		g.metrics.retries.Inc()
		time.Sleep(pause)
	}
}

func (g *Guard) succeeded() {
	if g.breaker.Open() {
		g.log.Info("rate_limit.recovered")
	}
	g.breaker.Succeeded()
	g.metrics.breakerOpen.WithLabelValues(g.Route.Name).Set(0)
}

func (g *Guard) failed(err error) Failure {
	failure := FailureOf(err)
	wasOpen := g.breaker.Open()
	g.breaker.Failed(time.Now())
	g.metrics.failures.WithLabelValues(string(failure)).Inc()
	if !wasOpen {
		g.log.Warn("rate_limit.failure", "failure", failure, "error", err)
	}
	if g.breaker.Open() {
		g.metrics.breakerOpen.WithLabelValues(g.Route.Name).Set(1)
		if !wasOpen {
			g.log.Error("rate_limit.degraded", "closed", g.Route.Closed)
		}
	}
	return failure
}

func (g *Guard) fallback(client string, failure Failure) Answer {
	g.log.Debug("rate_limit.fallback", "failure", failure, "closed", g.Route.Closed)
	if g.Route.Closed {
		return Answer{Decision{WaitMs: g.config.BreakerOpen.Milliseconds()}, "closed"}
	}
	return Answer{g.local.Check(client, time.Now()), "local"}
}

// #endregion garde
