package leaderboard

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/redis/go-redis/v9"
)

// silence tait go-redis, qui écrit une ligne par connexion refusée.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

func TestMain(m *testing.M) {
	redis.SetLogger(silence{})
	m.Run()
}

type logged struct {
	lock sync.Mutex
	bytes.Buffer
}

func (lines *logged) Write(line []byte) (int, error) {
	lines.lock.Lock()
	defer lines.lock.Unlock()
	return lines.Buffer.Write(line)
}

func (lines *logged) text() string {
	lines.lock.Lock()
	defer lines.lock.Unlock()
	return lines.String()
}

func reliable(t *testing.T, server *twin, change func(*Settings)) (*Reliable, *logged) {
	t.Helper()
	settings := DefaultSettings
	settings.URL, settings.Game = server.url, someGame()
	settings.CommandTimeout, settings.Backoff = 200*time.Millisecond, 10*time.Millisecond
	settings.FlushEvery = 30 * time.Millisecond
	if change != nil {
		change(&settings)
	}
	lines := &logged{}
	log := slog.New(slog.NewJSONHandler(lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	made, err := NewReliable(settings, scripts, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.thaw()
		made.lock.Lock()
		closed := made.closing
		made.lock.Unlock()
		if closed {
			return
		}
		stopping, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		made.Shutdown(stopping)
	})
	return made, lines
}

func failed(t *testing.T, err error, expected Failure) {
	t.Helper()
	var unavailable *Unavailable
	if !errors.As(err, &unavailable) || expected != "" && unavailable.Failure != expected {
		t.Fatalf("expected %q, got %v", expected, err)
	}
}

func waits(t *testing.T, made *Reliable, player string, points int64, at time.Time) {
	t.Helper()
	if sent, err := made.Submit(context.Background(), player, points, at); err != nil || !sent.Pending {
		t.Fatalf("%s does not wait: %v, %v", player, sent, err)
	}
}

func ranked(made *Reliable, player string, rank int64) func() bool {
	return func() bool {
		line, err := made.RankOf(context.Background(), All, player)
		return err == nil && line.Rank == rank
	}
}

// valueOf lit une série ; `label` est la valeur de sa seule étiquette, ou rien.
func valueOf(t *testing.T, made *Reliable, name, label string) float64 {
	t.Helper()
	families, err := prometheus.Gatherers{made.Registry}.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			if label == "" || hasLabel(metric, label) {
				return metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
			}
		}
	}
	return 0
}

func hasLabel(metric *dto.Metric, value string) bool {
	for _, pair := range metric.GetLabel() {
		if pair.GetValue() == value {
			return true
		}
	}
	return false
}

func TestEverythingTheBoardDoes(t *testing.T) {
	ctx, now := context.Background(), time.Now()
	made, lines := reliable(t, startTwin(t), nil)
	for player, points := range map[string]int64{"ines": 30, "noah": 50, "yuki": 40} {
		if sent, err := made.Submit(ctx, player, points, now); err != nil || sent.Pending || len(sent.Improved) != 3 {
			t.Fatalf("%v, %v", sent, err)
		}
	}
	if total, err := made.Award(ctx, "ines", "m1", 5); err != nil || total != 5 {
		t.Fatalf("%d, %v", total, err)
	}
	if page, err := made.Page(ctx, All, 0, 2); err != nil || page.Stale || names(page.Lines) != "noah yuki" {
		t.Fatalf("%v, %v", page, err)
	}
	if found, err := made.Around(ctx, Day, "yuki", 1); err != nil || names(found) != "noah yuki ines" {
		t.Fatalf("%v, %v", found, err)
	}
	if found, err := made.Among(ctx, Week, []string{"ines", "yuki"}); err != nil || names(found) != "yuki ines" {
		t.Fatalf("%v, %v", found, err)
	}
	made.Gather(ctx)
	if players := valueOf(t, made, "leaderboard_players", "all"); players != 3 {
		t.Fatalf("%v players", players)
	}
	if err := made.Remove(ctx, "noah"); err != nil || !ranked(made, "yuki", 1)() {
		t.Fatal("the cheat is still ranked", err)
	}
	if !strings.Contains(lines.text(), `"msg":"submit","outcome":"ok","key":"ines"`) {
		t.Fatalf("traces: %s", lines.text())
	}
}

func TestDownThenBack(t *testing.T) {
	ctx, server, now := context.Background(), startTwin(t), time.Now()
	made, _ := reliable(t, server, func(settings *Settings) { settings.BreakerRest = 100 * time.Millisecond })
	made.Submit(ctx, "ines", 30, now)
	made.Page(ctx, All, 0, 10)
	server.kill()
	if page, err := made.Page(ctx, All, 0, 10); err != nil || !page.Stale {
		t.Fatalf("no copy was served: %v, %v", page, err)
	}
	_, err := made.Page(ctx, All, 10, 10)
	failed(t, err, "")
	_, err = made.RankOf(ctx, All, "ines")
	failed(t, err, "")
	waits(t, made, "tard", 80, now.Add(-time.Second))
	waits(t, made, "tot", 80, now.Add(-time.Minute))
	waits(t, made, "tot", 10, now)
	if pending, up := valueOf(t, made, "leaderboard_pending_scores", ""), valueOf(t, made, "leaderboard_redis_up", ""); pending != 2 || up != 0 {
		t.Fatalf("%v wait, up %v", pending, up)
	}
	server.start()
	until(t, ranked(made, "tot", 1))
	until(t, ranked(made, "tard", 2))
	until(t, func() bool { return made.waiting() == 0 })
}

func TestOldCopiesAndFullStores(t *testing.T) {
	ctx, server := context.Background(), startTwin(t)
	made, _ := reliable(t, server, func(settings *Settings) {
		settings.StaleFor, settings.Pending, settings.Attempts = 50*time.Millisecond, 1, 1
	})
	made.Page(ctx, All, 0, 10)
	server.freeze()
	time.Sleep(60 * time.Millisecond)
	_, err := made.Page(ctx, All, 0, 10)
	failed(t, err, Timeout)
	waits(t, made, "un", 1, time.Now())
	_, err = made.Submit(ctx, "deux", 1, time.Now())
	failed(t, err, "")
	waits(t, made, "un", 2, time.Now())
	if dropped := valueOf(t, made, "leaderboard_dropped_scores_total", ""); dropped != 1 {
		t.Fatalf("%v dropped", dropped)
	}
}

func TestSlowAMatchAwardedAgainCountsOnce(t *testing.T) {
	ctx, server := context.Background(), startTwin(t)
	made, _ := reliable(t, server, nil)
	made.Award(ctx, "ines", "avant", 1)
	server.freeze()
	_, err := made.Award(ctx, "ines", "perdue", 10)
	failed(t, err, Timeout)
	if retries := valueOf(t, made, "leaderboard_retries_total", "timeout"); retries != 2 {
		t.Fatalf("%v retries", retries)
	}
	server.thaw()
	// Trois envois sont arrivés à Redis, qui les exécute à son réveil ; l'appelant en fait un quatrième.
	until(t, func() bool { total, err := made.Award(ctx, "ines", "perdue", 10); return err == nil && total == 11 })
}

func TestSilentOpensTheBreakerAndOneTryClosesIt(t *testing.T) {
	ctx, server := context.Background(), startTwin(t)
	made, _ := reliable(t, server, func(settings *Settings) {
		settings.Attempts, settings.BreakerRest = 1, 300*time.Millisecond
	})
	made.RankOf(ctx, All, "ines")
	server.freeze()
	for range 5 {
		_, err := made.RankOf(ctx, All, "ines")
		failed(t, err, Timeout)
	}
	_, err := made.RankOf(ctx, All, "ines")
	failed(t, err, BreakerOpen)
	server.thaw()
	until(t, func() bool { _, err := made.RankOf(ctx, All, "ines"); return err == nil })
	if made.breaker.State() != Closed {
		t.Fatal("the breaker did not close")
	}
}

func TestReadOnlyStillReadsAndScoresWait(t *testing.T) {
	ctx, server := context.Background(), startTwin(t)
	made, _ := reliable(t, server, func(settings *Settings) { settings.BreakerRest = 100 * time.Millisecond })
	made.Submit(ctx, "ines", 30, time.Now())
	server.admin.Do(ctx, "REPLICAOF", "127.0.0.1", "1")
	waits(t, made, "noah", 90, time.Now())
	if valueOf(t, made, "leaderboard_retries_total", "readonly") == 0 {
		t.Fatal("a refused write was not tried again")
	}
	until(t, ranked(made, "ines", 1))
	server.admin.Do(ctx, "REPLICAOF", "NO", "ONE")
	until(t, ranked(made, "noah", 1))
}

func TestFullStillReadsAndIsNotHammered(t *testing.T) {
	ctx, server := context.Background(), startTwin(t)
	made, _ := reliable(t, server, nil)
	made.Submit(ctx, "ines", 30, time.Now())
	server.admin.ConfigSet(ctx, "maxmemory", "1")
	waits(t, made, "noah", 90, time.Now())
	_, err := made.Award(ctx, "ines", "m", 1)
	failed(t, err, Full)
	if valueOf(t, made, "leaderboard_retries_total", "full") != 0 {
		t.Fatal("a full Redis was hammered")
	}
	until(t, ranked(made, "ines", 1))
	server.admin.ConfigSet(ctx, "maxmemory", "0")
	until(t, ranked(made, "noah", 1))
}

func TestDefectsAreNotHidden(t *testing.T) {
	ctx, server := context.Background(), startTwin(t)
	made, _ := reliable(t, server, nil)
	server.admin.Set(ctx, made.board.Key(All, opened), "not a board", 0)
	for range 6 {
		if _, err := made.RankOf(ctx, All, "ines"); err == nil || !strings.Contains(err.Error(), "WRONGTYPE") {
			t.Fatalf("a defect was hidden: %v", err)
		}
	}
	if _, err := made.Submit(ctx, "ines", -1, time.Now()); !errors.Is(err, ErrRange) {
		t.Fatal(err)
	}
	if made.breaker.State() != Closed || made.waiting() != 0 {
		t.Fatal("a defect opened the breaker, or waits")
	}
}

func TestShutdownFinishesSendsAndRefuses(t *testing.T) {
	ctx, server := context.Background(), startTwin(t)
	made, _ := reliable(t, server, func(settings *Settings) {
		settings.CommandTimeout, settings.FlushEvery = 5*time.Second, time.Hour
	})
	made.keep(score{"garde", 70, time.Now()})
	made.RankOf(ctx, All, "ines")
	server.freeze()
	answered := make(chan error)
	go func() { _, err := made.Submit(ctx, "ines", 30, time.Now()); answered <- err }()
	until(t, func() bool { return made.Client.PoolStats().TotalConns > made.Client.PoolStats().IdleConns })
	stopped := make(chan error)
	go func() { stopped <- made.Shutdown(ctx) }()
	until(t, func() bool {
		made.lock.Lock()
		defer made.lock.Unlock()
		return made.closing
	})
	_, err := made.Submit(ctx, "noah", 1, time.Now())
	failed(t, err, Connection)
	server.thaw()
	if err := <-answered; err != nil {
		t.Fatalf("a call under way was cut: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	key := made.board.Key(All, opened)
	if found := server.admin.ZRevRange(ctx, key, 0, 9).Val(); strings.Join(found, " ") != "garde ines" {
		t.Fatal(found)
	}
}

func TestBreakerAndPause(t *testing.T) {
	breaker := NewBreaker(2, 20*time.Millisecond)
	breaker.Fail()
	if breaker.State() != Closed {
		t.Fatal("one failure opened it")
	}
	breaker.Fail()
	if breaker.Admit() {
		t.Fatal("open, it let a call through")
	}
	until(t, func() bool { return breaker.State() == HalfOpen })
	if !breaker.Admit() || breaker.Admit() {
		t.Fatal("half-open, it must let one call through")
	}
	breaker.Succeed()
	if breaker.State() != Closed {
		t.Fatal("a success did not close it")
	}
	different := map[time.Duration]bool{}
	for range 500 {
		if Pause(1, 50*time.Millisecond, time.Second) > 50*time.Millisecond || Pause(40, 50*time.Millisecond, time.Second) > time.Second {
			t.Fatal("a pause is over its cap")
		}
		different[Pause(4, 50*time.Millisecond, time.Second)] = true
	}
	if len(different) < 400 {
		t.Fatal("pauses are alike: there is no jitter")
	}
}
