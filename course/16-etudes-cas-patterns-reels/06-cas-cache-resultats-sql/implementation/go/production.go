// Cache de résultats SQL, étape 3 : la même chose, quand Redis tombe, traîne, se remplit ou refuse d'écrire.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package cache

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// #region configuration

// Settings est toute la configuration : rien d'autre ne se règle ailleurs.
type Settings struct {
	URL                              string
	ConnectTimeout                   time.Duration
	CommandTimeout                   time.Duration // un cache plus lent que sa source n'est plus un cache
	Pool                             int
	ReadAttempts, InvalidateAttempts int
	Backoff, BackoffCap              time.Duration
	BreakerFailures                  int
	BreakerRest                      time.Duration
	SQLWidth, SQLQueue               int // requêtes que la base accepte à la fois de ce serveur, et celles qui attendent
	Copies                           int
	CopyFor                          time.Duration // âge maximal d'une copie locale servie quand Redis se tait
	OwedEvery                        time.Duration // toutes les combien on réessaie les invalidations manquées
}

// DefaultSettings sont les valeurs de départ.
var DefaultSettings = Settings{
	URL:            "redis://localhost:6379",
	ConnectTimeout: 2 * time.Second, CommandTimeout: 100 * time.Millisecond, Pool: 50,
	ReadAttempts: 2, InvalidateAttempts: 5, Backoff: 20 * time.Millisecond, BackoffCap: 500 * time.Millisecond,
	BreakerFailures: 5, BreakerRest: time.Second, SQLWidth: 4, SQLQueue: 50,
	Copies: 2000, CopyFor: 5 * time.Minute, OwedEvery: time.Second,
}

// #endregion configuration

// #region connexion

func connect(settings Settings) (*redis.Client, error) {
	options, err := redis.ParseURL(settings.URL)
	if err != nil {
		return nil, err
	}
	options.DialTimeout = settings.ConnectTimeout
	options.ReadTimeout, options.WriteTimeout = settings.CommandTimeout, settings.CommandTimeout
	options.PoolSize, options.MinIdleConns, options.PoolTimeout = settings.Pool, 10, settings.CommandTimeout
	options.MaxRetries = -1 // les essais sont les nôtres
	options.DialerRetries = 1
	options.ContextTimeoutEnabled = true
	return redis.NewClient(options), nil
}

// #endregion connexion

type localCopy struct {
	value any
	tags  []string
	at    time.Time
}

type bypassed struct {
	done  chan struct{}
	value any
	err   error
}

// Reliable est le cache d'un serveur de production.
type Reliable struct {
	*QueryCache
	Registry  *prometheus.Registry
	breaker   *Breaker
	bulkhead  *Bulkhead
	metrics   *metrics
	settings  Settings
	log       *slog.Logger
	state     sync.Mutex
	copies    map[string]localCopy
	order     []string
	bypassing map[string]*bypassed
	owed      map[string]bool
	closing   chan struct{}
	running   sync.WaitGroup
}

// NewReliable ouvre les connexions à la demande : un Redis absent n'empêche pas de démarrer.
func NewReliable(settings Settings, scripts fs.FS, ages Ages, log *slog.Logger) (*Reliable, error) {
	client, err := connect(settings)
	if err != nil {
		return nil, err
	}
	inner, err := NewQueryCache(client, scripts, ages)
	if err != nil {
		return nil, err
	}
	reliable := &Reliable{
		QueryCache: inner, Registry: prometheus.NewRegistry(), settings: settings, log: log,
		breaker: NewBreaker(settings.BreakerFailures, settings.BreakerRest), bulkhead: NewBulkhead(settings.SQLWidth, settings.SQLQueue),
		copies: map[string]localCopy{}, bypassing: map[string]*bypassed{}, owed: map[string]bool{}, closing: make(chan struct{}),
	}
	reliable.metrics = newMetrics(reliable.Registry, reliable.breaker,
		func() float64 { return float64(reliable.bulkhead.Running()) }, func() float64 { return float64(len(reliable.debts())) })
	reliable.Registry.MustRegister(newRedisWatch(client))
	inner.call, inner.unsaved = reliable.guard, reliable.lost
	go reliable.collect()
	return reliable, nil
}

// #region lire

// Serve rend le cache ; à défaut de cache, une copie locale ; à défaut de copie, la base, sans la noyer.
func Serve[T any](ctx context.Context, reliable *Reliable, recipe Recipe[T]) (value T, origin Origin, err error) {
	reliable.state.Lock()
	select {
	case <-reliable.closing:
		reliable.state.Unlock()
		return value, "", &Unavailable{Connection, redis.ErrClosed}
	default:
	}
	reliable.running.Add(1)
	reliable.state.Unlock()
	defer reliable.running.Done()

	load := recipe.Load
	recipe.Load = func(ctx context.Context) (found T, err error) {
		start := time.Now()
		defer func() { reliable.metrics.sql.Observe(time.Since(start).Seconds()) }()
		err = reliable.bulkhead.Run(ctx, func() (err error) { found, err = load(ctx); return err })
		return found, err
	}
	start := time.Now()
	value, origin, err = serve(ctx, reliable, recipe)
	from, level := string(origin), slog.LevelInfo
	switch {
	case err != nil:
		from, level = "refused", slog.LevelWarn
	case origin == Fresh:
		level = slog.LevelDebug
	}
	latency := time.Since(start)
	reliable.metrics.requests.WithLabelValues(from).Inc()
	reliable.metrics.seconds.Observe(latency.Seconds())
	reliable.log.Log(ctx, level, "serve", "from", from, "key", recipe.Key, "ttl_ms", reliable.Ages.Kept.Milliseconds(),
		"latency_ms", float64(latency.Microseconds())/1000)
	return value, origin, err
}

func serve[T any](ctx context.Context, reliable *Reliable, recipe Recipe[T]) (T, Origin, error) {
	debts := reliable.debts()
	// Une étiquette due : Redis tient encore pour vrai ce que nous savons faux.
	if slices.ContainsFunc(recipe.Tags, func(tag string) bool { return slices.Contains(debts, tag) }) {
		return bypass(ctx, reliable, recipe)
	}
	value, origin, err := Get(ctx, reliable.QueryCache, recipe)
	var unavailable *Unavailable
	switch {
	case err == nil:
		reliable.remember(recipe.Key, recipe.Tags, value)
	case errors.As(err, &unavailable):
		reliable.state.Lock()
		copied, found := reliable.copies[recipe.Key]
		reliable.state.Unlock()
		if found && time.Since(copied.at) < reliable.settings.CopyFor {
			return copied.value.(T), Copy, nil
		}
		return bypass(ctx, reliable, recipe)
	}
	return value, origin, err
}

// bypass va droit à la base ; les demandes identiques de ce serveur n'en font qu'une.
func bypass[T any](ctx context.Context, reliable *Reliable, recipe Recipe[T]) (value T, origin Origin, err error) {
	reliable.state.Lock()
	running, found := reliable.bypassing[recipe.Key]
	if !found {
		running = &bypassed{done: make(chan struct{})}
		reliable.bypassing[recipe.Key] = running
	}
	reliable.state.Unlock()
	if found {
		select {
		case <-running.done:
		case <-ctx.Done():
			return value, "", ctx.Err()
		}
		value, _ = running.value.(T)
		return value, Bypass, running.err
	}
	value, err = recipe.Load(ctx)
	running.value, running.err = value, err
	reliable.state.Lock()
	if reliable.bypassing[recipe.Key] == running {
		delete(reliable.bypassing, recipe.Key)
	}
	reliable.state.Unlock()
	close(running.done)
	if err == nil {
		reliable.remember(recipe.Key, recipe.Tags, value)
	}
	return value, Bypass, err
}

// #endregion lire

// #region invalider

// Invalidate insiste ; si Redis ne veut rien entendre, note la dette, la paie dès que possible, et le dit à l'appelant.
func (reliable *Reliable) Invalidate(ctx context.Context, tags ...string) error {
	reliable.state.Lock()
	maps.DeleteFunc(reliable.copies, func(_ string, copied localCopy) bool {
		return slices.ContainsFunc(copied.tags, func(tag string) bool { return slices.Contains(tags, tag) })
	})
	clear(reliable.bypassing) // qui arrive maintenant ne se contente pas d'une réponse commencée avant
	reliable.state.Unlock()
	err := reliable.QueryCache.Invalidate(ctx, tags...)
	reliable.state.Lock()
	defer reliable.state.Unlock()
	if err != nil {
		for _, tag := range tags {
			reliable.owed[tag] = true
		}
		reliable.metrics.invalidations.WithLabelValues("owed").Inc()
		reliable.log.Error("invalidate", "outcome", "owed", "tags", tags)
		return err
	}
	for _, tag := range tags {
		delete(reliable.owed, tag)
	}
	reliable.metrics.invalidations.WithLabelValues("ok").Inc()
	return nil
}

func (reliable *Reliable) debts() []string {
	reliable.state.Lock()
	defer reliable.state.Unlock()
	return slices.Collect(maps.Keys(reliable.owed))
}

func (reliable *Reliable) collect() {
	for {
		select {
		case <-reliable.closing:
			return
		case <-time.After(reliable.settings.OwedEvery):
			reliable.payOwed(context.Background())
		}
	}
}

func (reliable *Reliable) payOwed(ctx context.Context) {
	if owed := reliable.debts(); len(owed) > 0 && reliable.breaker.State() != Opened {
		_ = reliable.Invalidate(ctx, owed...) // l'échec est déjà tracé, et la dette reste
	}
}

// #endregion invalider

// #region arret

// Shutdown arrête proprement : plus rien n'entre, ce qui est parti s'achève, les dettes sont payées ou dites.
func (reliable *Reliable) Shutdown(ctx context.Context) error {
	reliable.state.Lock()
	select {
	case <-reliable.closing:
		reliable.state.Unlock()
		return nil
	default:
	}
	close(reliable.closing)
	reliable.state.Unlock()
	done := make(chan struct{})
	go func() { reliable.running.Wait(); reliable.Settle(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	reliable.payOwed(ctx)
	if owed := reliable.debts(); len(owed) > 0 {
		reliable.log.Error("shutdown", "owed", owed)
	}
	reliable.log.Info("shutdown")
	return reliable.Client.Close()
}

// #endregion arret

// #region appel

// guard est un appel à Redis : disjoncteur, essais espacés, cause nommée.
func (reliable *Reliable) guard(ctx context.Context, operation string, repeatable bool, action func() error) error {
	settings, attempts := reliable.settings, 1
	if repeatable {
		attempts = settings.ReadAttempts
		if operation == "invalidate" {
			attempts = settings.InvalidateAttempts
		}
	}
	for attempt := 1; ; attempt++ {
		if !reliable.breaker.Admit() {
			return &Unavailable{BreakerOpen, nil}
		}
		err := action()
		if err == nil {
			reliable.breaker.Succeed()
			return nil
		}
		failure := FailureOf(err)
		switch failure {
		case Defect, Full, ReadOnly: // Redis a répondu, fût-ce non : les lectures passent encore
			reliable.breaker.Succeed()
		default:
			reliable.breaker.Fail()
		}
		switch {
		case failure == Defect:
			return err
		case failure == Full || attempt >= attempts:
			return &Unavailable{failure, err}
		}
		reliable.metrics.retries.WithLabelValues(string(failure)).Inc()
		select {
		case <-time.After(Pause(attempt, settings.Backoff, settings.BackoffCap)):
		case <-ctx.Done():
			return &Unavailable{Timeout, ctx.Err()}
		}
	}
}

// #endregion appel

// lost compte un résultat calculé que Redis n'a pas gardé : rien n'est perdu que du temps.
func (reliable *Reliable) lost(err error) {
	reliable.metrics.unsaved.Inc()
	reliable.log.Warn("unsaved", "message", err.Error())
}

func (reliable *Reliable) remember(key string, tags []string, value any) {
	reliable.state.Lock()
	defer reliable.state.Unlock()
	if _, known := reliable.copies[key]; !known {
		reliable.order = append(reliable.order, key)
	}
	reliable.copies[key] = localCopy{value, tags, time.Now()}
	for len(reliable.order) > reliable.settings.Copies {
		delete(reliable.copies, reliable.order[0])
		reliable.order = reliable.order[1:]
	}
}
