// Étape 3 : la même chose, quand Redis tombe, traîne, se remplit ou change de maître.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package sessions

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// #region configuration

// Settings est toute la configuration : rien d'autre ne se règle ailleurs.
type Settings struct {
	URL                            string
	ConnectTimeout, CommandTimeout time.Duration
	Pool                           int
	Attempts                       int // d'une opération rejouable, le premier compris
	Backoff, BackoffCap            time.Duration
	BreakerFailures                int
	BreakerRest                    time.Duration
	StaleEntries                   int
	StaleFor                       time.Duration // âge maximal d'une copie locale servie quand Redis se tait
}

// DefaultSettings sont les valeurs de départ.
var DefaultSettings = Settings{
	URL:            "redis://localhost:6379",
	ConnectTimeout: 2 * time.Second, CommandTimeout: 2 * time.Second, Pool: 50,
	Attempts: 3, Backoff: 50 * time.Millisecond, BackoffCap: time.Second,
	BreakerFailures: 5, BreakerRest: 2 * time.Second,
	StaleEntries: 10_000, StaleFor: 30 * time.Second,
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

// Visit est une session ; Stale dit qu'elle vient d'une copie locale qui peut avoir vieilli.
type Visit struct {
	Session Session
	Stale   bool
}

// Reliable garde les sessions d'un serveur de production.
type Reliable struct {
	Registry *prometheus.Registry
	Client   *redis.Client
	store    *Store
	breaker  *Breaker
	metrics  *metrics
	settings Settings
	log      *slog.Logger
	copies   *copies
	lock     sync.Mutex
	closing  bool
	running  sync.WaitGroup
}

// NewReliable ouvre les connexions à la demande : un Redis absent n'empêche pas de démarrer.
func NewReliable(settings Settings, scripts fs.FS, lifetimes Lifetimes, log *slog.Logger) (*Reliable, error) {
	client, err := connect(settings)
	if err != nil {
		return nil, err
	}
	store, err := NewStore(client, scripts, lifetimes)
	if err != nil {
		return nil, err
	}
	breaker, registry := NewBreaker(settings.BreakerFailures, settings.BreakerRest), prometheus.NewRegistry()
	registry.MustRegister(newRedisWatch(client))
	return &Reliable{
		Registry: registry, Client: client, store: store, breaker: breaker, metrics: newMetrics(registry, breaker),
		settings: settings, log: log, copies: newCopies(settings.StaleEntries),
	}, nil
}

// #region operations

// Touch lit une session ; si Redis se tait, la copie locale de moins de trente secondes, marquée comme telle.
func (reliable *Reliable) Touch(ctx context.Context, token string) (Visit, error) {
	session, err := run(ctx, reliable, "touch", token, true, func() (*Session, error) {
		return reliable.store.Touch(ctx, token)
	})
	var unavailable *Unavailable
	switch {
	case err == nil:
		reliable.copies.put(token, *session)
		return Visit{Session: *session}, nil
	case errors.As(err, &unavailable):
		if copied, age, found := reliable.copies.get(token); found && age <= reliable.settings.StaleFor {
			reliable.metrics.stale.Inc()
			return Visit{copied, true}, nil
		}
	case errors.Is(err, ErrDead):
		reliable.copies.drop(token)
	}
	return Visit{}, err
}

// Open ouvre une session. Le jeton est tiré avant l'appel : le rejouer n'en ouvre pas une seconde.
func (reliable *Reliable) Open(ctx context.Context, owner string, session Session) (string, error) {
	token, err := NewToken(owner)
	if err != nil {
		return "", err
	}
	return run(ctx, reliable, "open", token, true, func() (string, error) {
		return token, reliable.store.Open(ctx, token, session)
	})
}

// SetPreference remplace une préférence.
func (reliable *Reliable) SetPreference(ctx context.Context, token, preference, value string) error {
	_, err := run(ctx, reliable, "set-preference", token, true, func() (struct{}, error) {
		return struct{}{}, reliable.store.SetPreference(ctx, token, preference, value)
	})
	return err
}

// AddToCart n'est pas rejoué après un délai dépassé : l'ajout a peut-être eu lieu.
func (reliable *Reliable) AddToCart(ctx context.Context, token, book string, quantity int) (int, error) {
	return run(ctx, reliable, "add-to-cart", token, false, func() (int, error) {
		return reliable.store.AddToCart(ctx, token, book, quantity)
	})
}

// Login connecte un visiteur et rend son nouveau jeton.
func (reliable *Reliable) Login(ctx context.Context, anonymous, owner string) (string, error) {
	token, err := NewToken(owner)
	if err != nil {
		return "", err
	}
	return run(ctx, reliable, "login", anonymous, false, func() (string, error) {
		return token, reliable.store.Login(ctx, anonymous, token)
	})
}

// Rotate n'est pas rejoué : si le premier essai a réussi, le second ne trouverait plus l'ancien nom.
func (reliable *Reliable) Rotate(ctx context.Context, token string) (string, error) {
	return run(ctx, reliable, "rotate", token, false, func() (string, error) { return reliable.store.Rotate(ctx, token) })
}

// Close ferme une session.
func (reliable *Reliable) Close(ctx context.Context, token string) error {
	reliable.copies.drop(token)
	_, err := run(ctx, reliable, "close", token, true, func() (struct{}, error) {
		return struct{}{}, reliable.store.Close(ctx, token)
	})
	return err
}

// CloseAll déconnecte un compte partout, sauf `kept` s'il n'est pas vide.
func (reliable *Reliable) CloseAll(ctx context.Context, owner, kept string) (int, error) {
	reliable.copies.dropIf(func(token string) bool { return token != kept && strings.HasPrefix(token, owner+".") })
	revoked, err := run(ctx, reliable, "close-all", owner, true, func() (int, error) {
		return reliable.store.CloseAll(ctx, owner, kept)
	})
	reliable.metrics.revoked.Add(float64(revoked))
	return revoked, err
}

// List rend les appareils connectés d'un compte.
func (reliable *Reliable) List(ctx context.Context, owner string) ([]Listed, error) {
	return run(ctx, reliable, "list", owner, true, func() ([]Listed, error) { return reliable.store.List(ctx, owner) })
}

// #endregion operations

// #region arret

// Shutdown arrête proprement : plus rien n'entre, ce qui est parti s'achève, les connexions se ferment.
func (reliable *Reliable) Shutdown(ctx context.Context) error {
	reliable.lock.Lock()
	reliable.closing = true
	reliable.lock.Unlock()
	done := make(chan struct{})
	go func() { reliable.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	reliable.log.Info("shutdown")
	return reliable.Client.Close()
}

// #endregion arret

// #region appel

// run est un appel : disjoncteur, essais espacés si l'opération s'y prête, mesure et trace.
func run[T any](ctx context.Context, reliable *Reliable, operation, subject string, repeatable bool, action func() (T, error)) (T, error) {
	var none T
	reliable.lock.Lock()
	if reliable.closing {
		reliable.lock.Unlock()
		return none, &Unavailable{Connection, redis.ErrClosed}
	}
	reliable.running.Add(1)
	reliable.lock.Unlock()
	defer reliable.running.Done()

	start := time.Now()
	reply, err := attempt(ctx, reliable, repeatable, action)
	outcome, level := "ok", slog.LevelDebug
	var unavailable *Unavailable
	if errors.As(err, &unavailable) {
		outcome, level = string(unavailable.Failure), slog.LevelWarn
	} else if err != nil && !errors.Is(err, ErrDead) {
		outcome, level = string(Defect), slog.LevelWarn
	}
	latency := time.Since(start)
	reliable.metrics.operations.WithLabelValues(operation, outcome).Inc()
	reliable.metrics.seconds.WithLabelValues(operation).Observe(latency.Seconds())
	reliable.log.Log(ctx, level, operation, "outcome", outcome, "key", traceable(subject),
		"latency_ms", float64(latency.Microseconds())/1000)
	return reply, err
}

func attempt[T any](ctx context.Context, reliable *Reliable, repeatable bool, action func() (T, error)) (T, error) {
	settings := reliable.settings
	for attempt := 1; ; attempt++ {
		var none T
		if !reliable.breaker.Admit() {
			return none, &Unavailable{BreakerOpen, nil}
		}
		reply, err := action()
		if err == nil || errors.Is(err, ErrDead) {
			reliable.breaker.Succeed()
			return reply, err
		}
		failure := FailureOf(err)
		// Redis a répondu, fût-ce non : ce n'est pas une panne que le repos guérira.
		if failure == Defect || failure == Full {
			reliable.breaker.Succeed()
		} else {
			reliable.breaker.Fail()
		}
		refused := failure == ReadOnly || failure == Busy
		switch {
		case failure == Defect:
			return none, err
		case failure == Full || attempt >= settings.Attempts || !(repeatable || refused):
			return none, &Unavailable{failure, err}
		}
		reliable.metrics.retries.WithLabelValues(string(failure)).Inc()
		select {
		case <-time.After(Pause(attempt, settings.Backoff, settings.BackoffCap)):
		case <-ctx.Done():
			return none, &Unavailable{Timeout, ctx.Err()}
		}
	}
}

// #endregion appel

// traceable est ce qu'une trace peut dire d'un jeton sans permettre de s'en servir.
func traceable(subject string) string {
	name, err := ParseToken(subject)
	if err != nil {
		return indexKey(subject)
	}
	name.ID = name.ID[:6] + "…"
	return name.document()
}
