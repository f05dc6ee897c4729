// Étape 3 : la garde. Tout appel à Redis passe par elle, et aucun ne dure plus que son budget.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package cantine

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// #region configuration

// Settings est toute la configuration : rien d'autre ne se règle ailleurs.
type Settings struct {
	URL             string
	ConnectTimeout  time.Duration
	CommandTimeout  time.Duration // choisi d'après la distribution mesurée, puis revu
	Pool            int
	Patience        Patience
	RetryShare      float64 // rejeux permis par appel
	RetryReserve    float64 // rejeux que l'on peut dépenser d'un coup
	BreakerFailures int
	BreakerRest     time.Duration
	StaleFor        time.Duration // âge d'un menu gardé au-delà duquel mieux vaut ne rien montrer
}

// DefaultSettings sont les valeurs de départ.
var DefaultSettings = Settings{
	URL:            "redis://localhost:6379",
	ConnectTimeout: 2 * time.Second, CommandTimeout: 250 * time.Millisecond, Pool: 50,
	Patience: DefaultPatience, RetryShare: 0.2, RetryReserve: 20,
	BreakerFailures: 5, BreakerRest: time.Second, StaleFor: time.Hour,
}

// #endregion configuration

// #region garde

// Guard met un disjoncteur, des rejeux dans un budget, des mesures et des traces autour de n'importe quel appel.
type Guard struct {
	Registry *prometheus.Registry
	metrics  *metrics
	settings Settings
	log      *slog.Logger
	breaker  *Breaker
	budget   *RetryBudget
	lock     sync.Mutex
	closing  bool
	running  sync.WaitGroup
}

// NewGuard prépare une garde ; elle n'ouvre aucune connexion.
func NewGuard(settings Settings, log *slog.Logger) *Guard {
	breaker, registry := NewBreaker(settings.BreakerFailures, settings.BreakerRest), prometheus.NewRegistry()
	return &Guard{
		Registry: registry, metrics: newMetrics(registry, breaker), settings: settings, log: log,
		breaker: breaker, budget: NewRetryBudget(settings.RetryShare, settings.RetryReserve),
	}
}

// Call nomme un appel pour les mesures, son sujet pour les traces, et dit s'il peut être rejoué.
type Call struct {
	Operation, Key string
	Repeatable     bool
}

// Run fait passer un appel par la garde.
func Run[T any](ctx context.Context, guard *Guard, call Call, action func(context.Context) (T, error)) (T, error) {
	var none T
	guard.lock.Lock()
	if guard.closing {
		guard.lock.Unlock()
		return none, &CallFailed{Closing, redis.ErrClosed}
	}
	guard.running.Add(1)
	guard.lock.Unlock()
	defer guard.running.Done()

	start := time.Now()
	guard.budget.Earn()
	reply, err := Retry(ctx, guard.settings.Patience, Replay{call.Repeatable, guard.allow}, func(ctx context.Context) (T, error) {
		return attempt(ctx, guard, action)
	})
	outcome, level := "ok", slog.LevelDebug
	var failed *CallFailed
	if errors.As(err, &failed) {
		outcome, level = string(failed.Failure), slog.LevelWarn
	} else if err != nil && !errors.Is(err, redis.Nil) {
		outcome, level = string(Defect), slog.LevelWarn
	}
	latency := time.Since(start)
	guard.metrics.calls.WithLabelValues(call.Operation, outcome).Inc()
	guard.metrics.seconds.WithLabelValues(call.Operation).Observe(latency.Seconds())
	guard.log.Log(ctx, level, call.Operation, "outcome", outcome, "key", call.Key,
		"latency_ms", float64(latency.Microseconds())/1000)
	return reply, err
}

func (guard *Guard) allow(failure Failure) bool {
	allowed := guard.budget.Spend()
	if allowed {
		guard.metrics.retries.WithLabelValues(string(failure)).Inc()
	} else {
		guard.metrics.refused.Inc()
	}
	return allowed
}

// attempt est un essai, s'il est admis. Le refus du disjoncteur traverse Retry tel quel : il ne se rejoue pas.
func attempt[T any](ctx context.Context, guard *Guard, action func(context.Context) (T, error)) (T, error) {
	if !guard.breaker.Admit() {
		var none T
		return none, &CallFailed{BreakerOpen, nil}
	}
	guard.metrics.attempts.Inc()
	reply, err := action(ctx)
	// Un refus (OOM, READONLY, NOAUTH) est une réponse : Redis est là, et d'autres appels lui parlent encore.
	if failure := FailureOf(err); err != nil && failures[failure].passing && failure != ReadOnly {
		guard.breaker.Fail()
	} else {
		guard.breaker.Succeed()
	}
	return reply, err
}

// Drain ne laisse plus rien entrer ; ce qui est parti a jusqu'à l'échéance du contexte pour finir.
func (guard *Guard) Drain(ctx context.Context) {
	guard.lock.Lock()
	guard.closing = true
	guard.lock.Unlock()
	done := make(chan struct{})
	go func() { guard.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	guard.log.Info("shutdown")
}

// #endregion garde

type copied struct {
	menu map[string]string
	at   time.Time
}

// #region cantine

// ReliableCanteen replie le menu sur sa dernière copie, et fait échouer le débit franchement.
type ReliableCanteen struct {
	Client   *redis.Client
	Guard    *Guard
	script   *redis.Script
	settings Settings
	lock     sync.Mutex
	copies   map[string]copied
}

// NewReliableCanteen ouvre ses connexions à la demande : un Redis absent n'empêche pas de démarrer.
func NewReliableCanteen(settings Settings, scripts fs.FS, log *slog.Logger) (*ReliableCanteen, error) {
	client, err := Connect(settings.URL, settings.ConnectTimeout, settings.CommandTimeout, settings.Pool)
	if err != nil {
		return nil, err
	}
	script, err := LoadScript(scripts)
	if err != nil {
		return nil, err
	}
	guard := NewGuard(settings, log)
	guard.Registry.MustRegister(newRedisWatch(client))
	return &ReliableCanteen{Client: client, Guard: guard, script: script, settings: settings, copies: map[string]copied{}}, nil
}

// Menu rend le menu d'un jour, et s'il vient d'une copie qui a pu vieillir.
func (canteen *ReliableCanteen) Menu(ctx context.Context, day string) (menu map[string]string, stale bool, err error) {
	menu, err = Run(ctx, canteen.Guard, Call{"menu", menuKey(day), true}, func(ctx context.Context) (map[string]string, error) {
		return canteen.Client.HGetAll(ctx, menuKey(day)).Result()
	})
	canteen.lock.Lock()
	defer canteen.lock.Unlock()
	var failed *CallFailed
	if err == nil {
		canteen.copies[day] = copied{menu, time.Now()}
	} else if kept, found := canteen.copies[day]; errors.As(err, &failed) && found && time.Since(kept.at) <= canteen.settings.StaleFor {
		canteen.Guard.metrics.fallbacks.WithLabelValues("menu").Inc()
		return kept.menu, true, nil
	}
	return menu, false, err
}

// Debit : en cas d'échec, la caisse garde le passage et le redonne ; il n'a pas d'autre sens que celui-ci.
func (canteen *ReliableCanteen) Debit(ctx context.Context, card string, cents int64, passage string) (Debit, error) {
	debit, err := Run(ctx, canteen.Guard, Call{"debit", cardKey(card), true}, func(ctx context.Context) (Debit, error) {
		return debitOnce(ctx, canteen.Client, canteen.script, card, cents, passage)
	})
	if debit.Outcome == "again" {
		canteen.Guard.metrics.replays.Inc()
	}
	return debit, err
}

// Tip ajoute un pourboire.
func (canteen *ReliableCanteen) Tip(ctx context.Context, cents int64) (int64, error) {
	return Run(ctx, canteen.Guard, Call{"tip", "pourboires", false}, func(ctx context.Context) (int64, error) {
		return canteen.Client.IncrBy(ctx, "pourboires", cents).Result()
	})
}

// #region arret

// Shutdown arrête proprement : plus rien n'entre, ce qui est parti s'achève, les connexions se ferment.
func (canteen *ReliableCanteen) Shutdown(ctx context.Context) error {
	canteen.Guard.Drain(ctx)
	return canteen.Client.Close()
}

// #endregion arret

// #endregion cantine
