// Étape 3 : la même chose, quand Redis tombe, traîne, se remplit ou change de maître.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package leaderboard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// #region configuration

// Settings est toute la configuration : rien d'autre ne se règle ailleurs.
type Settings struct {
	URL, Game                      string
	OpenedAt                       time.Time
	ConnectTimeout, CommandTimeout time.Duration
	Pool                           int
	Attempts                       int // d'une opération rejouable, le premier compris
	Backoff, BackoffCap            time.Duration
	BreakerFailures                int
	BreakerRest                    time.Duration
	StaleFor                       time.Duration // âge maximal d'une page servie quand Redis se tait
	Pending                        int           // scores gardés en attendant Redis, un par joueur et par jour
	FlushBatch                     int
	FlushEvery                     time.Duration
}

// DefaultSettings sont les valeurs de départ.
var DefaultSettings = Settings{
	URL: "redis://localhost:6379", Game: "ricochet", OpenedAt: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC),
	ConnectTimeout: 2 * time.Second, CommandTimeout: 2 * time.Second, Pool: 50,
	Attempts: 3, Backoff: 50 * time.Millisecond, BackoffCap: time.Second,
	BreakerFailures: 5, BreakerRest: 2 * time.Second, StaleFor: 30 * time.Second,
	Pending: 50_000, FlushBatch: 200, FlushEvery: 500 * time.Millisecond,
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

// Shown est une page du classement ; Stale dit qu'elle vient d'une copie locale qui peut avoir vieilli.
type Shown struct {
	Lines []Line
	Stale bool
	at    time.Time
}

// Submitted dit le sort d'un score : classé, avec les périodes qu'il améliore, ou gardé jusqu'au retour de Redis.
type Submitted struct {
	Improved []Period
	Pending  bool
}

type score struct {
	player string
	points int64
	at     time.Time
}

// Reliable est le classement d'un serveur de production.
type Reliable struct {
	Registry *prometheus.Registry
	Client   *redis.Client
	board    *Board
	breaker  *Breaker
	metrics  *metrics
	settings Settings
	log      *slog.Logger
	lock     sync.Mutex
	copies   map[string]Shown
	pending  map[string]score
	closing  bool
	running  sync.WaitGroup
	stop     chan struct{}
	flushed  chan struct{}
}

// NewReliable ouvre les connexions à la demande : un Redis absent n'empêche pas de démarrer.
func NewReliable(settings Settings, scripts fs.FS, log *slog.Logger) (*Reliable, error) {
	client, err := connect(settings)
	if err != nil {
		return nil, err
	}
	board, err := NewBoard(client, scripts, settings.Game, settings.OpenedAt)
	if err != nil {
		return nil, err
	}
	reliable := &Reliable{
		Registry: prometheus.NewRegistry(), Client: client, board: board, settings: settings, log: log,
		breaker: NewBreaker(settings.BreakerFailures, settings.BreakerRest),
		copies:  map[string]Shown{}, pending: map[string]score{},
		stop: make(chan struct{}), flushed: make(chan struct{}),
	}
	reliable.Registry.MustRegister(newRedisWatch(client))
	reliable.metrics = newMetrics(reliable.Registry, reliable.breaker, reliable.waiting)
	go reliable.keepFlushing()
	return reliable, nil
}

// #region operations

// Submit soumet un score ; si Redis se tait, il est gardé avec son heure d'arrivée et repartira de lui-même.
func (reliable *Reliable) Submit(ctx context.Context, player string, points int64, at time.Time) (Submitted, error) {
	if _, err := ScoreOf(points, 0); err != nil {
		return Submitted{}, err // refusé avant d'être gardé
	}
	improved, err := run(ctx, reliable, "submit", player, true, func() ([]Period, error) {
		return reliable.board.Submit(ctx, player, points, at)
	})
	var unavailable *Unavailable
	if errors.As(err, &unavailable) && reliable.keep(score{player, points, at}) {
		return Submitted{Pending: true}, nil
	}
	return Submitted{Improved: improved}, err
}

// Award ajoute les points d'une partie. Rejouable : c'est la marque de la partie qui le permet.
func (reliable *Reliable) Award(ctx context.Context, player, match string, points int64) (int64, error) {
	return run(ctx, reliable, "award", player, true, func() (int64, error) {
		return reliable.board.Award(ctx, player, match, points, time.Now())
	})
}

// Page rend une page ; si Redis se tait, la dernière lue de moins de trente secondes, marquée comme telle.
func (reliable *Reliable) Page(ctx context.Context, period Period, from, count int64) (Shown, error) {
	name := fmt.Sprintf("%s:%d:%d", period, from, count)
	found, err := run(ctx, reliable, "page", name, true, func() ([]Line, error) {
		return reliable.board.Page(ctx, period, from, count)
	})
	reliable.lock.Lock()
	defer reliable.lock.Unlock()
	var unavailable *Unavailable
	if err == nil {
		if len(reliable.copies) >= 1000 {
			clear(reliable.copies)
		}
		reliable.copies[name] = Shown{found, true, time.Now()}
	} else if copied, known := reliable.copies[name]; known && errors.As(err, &unavailable) &&
		time.Since(copied.at) <= reliable.settings.StaleFor {
		reliable.metrics.stale.Inc()
		return copied, nil
	}
	return Shown{Lines: found}, err
}

// RankOf n'a pas de repli : un rang inventé serait pire que pas de rang.
func (reliable *Reliable) RankOf(ctx context.Context, period Period, player string) (Line, error) {
	return run(ctx, reliable, "rank", player, true, func() (Line, error) {
		return reliable.board.RankOf(ctx, period, player)
	})
}

// Around rend le joueur et ses voisins.
func (reliable *Reliable) Around(ctx context.Context, period Period, player string, radius int64) ([]Line, error) {
	return run(ctx, reliable, "around", player, true, func() ([]Line, error) {
		return reliable.board.Around(ctx, period, player, radius)
	})
}

// Among classe des amis entre eux.
func (reliable *Reliable) Among(ctx context.Context, period Period, players []string) ([]Line, error) {
	return run(ctx, reliable, "among", strconv.Itoa(len(players)), true, func() ([]Line, error) {
		return reliable.board.Among(ctx, period, players)
	})
}

// Remove retire un joueur de partout, réserve comprise.
func (reliable *Reliable) Remove(ctx context.Context, player string) error {
	reliable.lock.Lock()
	for name, one := range reliable.pending {
		if one.player == player {
			delete(reliable.pending, name)
		}
	}
	reliable.lock.Unlock()
	_, err := run(ctx, reliable, "remove", player, true, func() (struct{}, error) {
		return struct{}{}, reliable.board.Remove(ctx, player)
	})
	return err
}

// #endregion operations

// Gather relève les mesures, nombre de joueurs compris ; s'il est inconnu, la série disparaît plutôt que de vieillir.
func (reliable *Reliable) Gather(ctx context.Context) {
	reliable.metrics.players.Reset()
	for _, period := range []Period{Day, All} {
		if size, err := reliable.board.Size(ctx, period); err == nil {
			reliable.metrics.players.WithLabelValues(string(period)).Set(float64(size))
		}
	}
}

// #region arret

// Shutdown arrête proprement : plus rien n'entre, ce qui est parti s'achève, la réserve se vide, les connexions se ferment.
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
	close(reliable.stop)
	<-reliable.flushed
	for ctx.Err() == nil && reliable.flush(ctx) {
	}
	left := reliable.waiting()
	reliable.metrics.dropped.Add(float64(left))
	reliable.log.Info("shutdown", "dropped", left)
	return reliable.Client.Close()
}

// #endregion arret

// #region reserve

// keep garde le meilleur score d'un joueur pour une journée ; faux si la réserve est pleine, ou se vide pour de bon.
func (reliable *Reliable) keep(one score) bool {
	reliable.lock.Lock()
	defer reliable.lock.Unlock()
	if reliable.closing {
		return false
	}
	name := one.player + " " + one.at.UTC().Format(time.DateOnly)
	known, found := reliable.pending[name]
	if !found && len(reliable.pending) >= reliable.settings.Pending {
		reliable.metrics.dropped.Inc()
		return false
	}
	if !found || one.points > known.points {
		reliable.pending[name] = one
	}
	return true
}

func (reliable *Reliable) waiting() int {
	reliable.lock.Lock()
	defer reliable.lock.Unlock()
	return len(reliable.pending)
}

// flush renvoie une part de la réserve ; vrai si elle est partie. Rejouer est sans effet : GT ne retient que le meilleur.
func (reliable *Reliable) flush(ctx context.Context) bool {
	reliable.lock.Lock()
	batch := map[string]score{}
	for name, one := range reliable.pending {
		if batch[name] = one; len(batch) == reliable.settings.FlushBatch {
			break
		}
	}
	reliable.lock.Unlock()
	if len(batch) == 0 || !reliable.breaker.Admit() {
		return false
	}
	for _, one := range batch {
		if _, err := reliable.board.Submit(ctx, one.player, one.points, one.at); err != nil {
			reliable.breaker.Fail()
			return false
		}
	}
	reliable.breaker.Succeed()
	reliable.lock.Lock()
	defer reliable.lock.Unlock()
	for name, one := range batch {
		if reliable.pending[name] == one {
			delete(reliable.pending, name)
		}
	}
	reliable.log.Info("flush", "scores", len(batch), "left", len(reliable.pending))
	return true
}

func (reliable *Reliable) keepFlushing() {
	defer close(reliable.flushed)
	ticks := time.NewTicker(reliable.settings.FlushEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			reliable.flush(context.Background())
		case <-reliable.stop:
			return
		}
	}
}

// #endregion reserve

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
	} else if err != nil {
		outcome, level = string(Defect), slog.LevelWarn
	}
	latency := time.Since(start)
	reliable.metrics.operations.WithLabelValues(operation, outcome).Inc()
	reliable.metrics.seconds.WithLabelValues(operation).Observe(latency.Seconds())
	reliable.log.Log(ctx, level, operation, "outcome", outcome, "key", subject,
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
		if err == nil {
			reliable.breaker.Succeed()
			return reply, nil
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
