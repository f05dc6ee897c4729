package sessions

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
	settings.URL, settings.CommandTimeout, settings.Backoff = server.url, 200*time.Millisecond, 10*time.Millisecond
	if change != nil {
		change(&settings)
	}
	lines := &logged{}
	log := slog.New(slog.NewJSONHandler(lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	made, err := NewReliable(settings, scripts, DefaultLifetimes, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.thaw()
		stopping, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		made.Shutdown(stopping)
	})
	return made, lines
}

func begin(t *testing.T, made *Reliable, owner string) string {
	t.Helper()
	token, err := made.Open(context.Background(), owner, visitor())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func failed(t *testing.T, err error, expected Failure) {
	t.Helper()
	var unavailable *Unavailable
	if !errors.As(err, &unavailable) || expected != "" && unavailable.Failure != expected {
		t.Fatalf("expected %q, got %v", expected, err)
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

func TestDownThenBack(t *testing.T) {
	ctx, server := context.Background(), startTwin(t)
	made, _ := reliable(t, server, func(settings *Settings) { settings.BreakerRest = 100 * time.Millisecond })
	known, unseen := begin(t, made, someone()), begin(t, made, someone())
	made.Touch(ctx, known)
	server.kill()
	if visit, err := made.Touch(ctx, known); err != nil || !visit.Stale {
		t.Fatalf("no copy was served: %v, %v", visit, err)
	}
	_, err := made.Touch(ctx, unseen)
	failed(t, err, "")
	_, err = made.AddToCart(ctx, known, "livre-1", 1)
	failed(t, err, "")
	if up, stale := valueOf(t, made, "sessions_redis_up", ""), valueOf(t, made, "sessions_stale_served_total", ""); up != 0 || stale < 1 {
		t.Fatalf("up %v, stale %v", up, stale)
	}
	server.start()
	until(t, func() bool { _, err := made.Touch(ctx, known); return errors.Is(err, ErrDead) })
	if valueOf(t, made, "sessions_redis_up", "") != 1 {
		t.Fatal("Redis is back and nobody says so")
	}
}

func TestOldAndClosedCopiesAreNotServed(t *testing.T) {
	ctx, server, owner := context.Background(), startTwin(t), someone()
	made, _ := reliable(t, server, func(settings *Settings) { settings.StaleFor = 50 * time.Millisecond })
	old, closed := begin(t, made, someone()), begin(t, made, owner)
	made.Touch(ctx, old)
	made.Touch(ctx, closed)
	made.CloseAll(ctx, owner, "")
	server.freeze()
	time.Sleep(60 * time.Millisecond)
	for _, token := range []string{old, closed} {
		_, err := made.Touch(ctx, token)
		failed(t, err, "")
	}
}

func TestSlowReadsAreRetriedAdditionsAreNot(t *testing.T) {
	ctx, server := context.Background(), startTwin(t)
	made, _ := reliable(t, server, nil)
	token := begin(t, made, someone())
	made.AddToCart(ctx, token, "livre-1", 1)
	server.freeze()
	_, err := made.AddToCart(ctx, token, "livre-1", 1)
	failed(t, err, Timeout)
	if retries := valueOf(t, made, "sessions_retries_total", "timeout"); retries != 0 {
		t.Fatalf("an addition was tried again %v times", retries)
	}
	_, err = made.List(ctx, someone())
	failed(t, err, Timeout)
	if retries := valueOf(t, made, "sessions_retries_total", "timeout"); retries != 2 {
		t.Fatalf("a reading was tried again %v times", retries)
	}
	server.thaw()
	// L'ajout était parti : Redis l'a exécuté après que nous avons cessé d'attendre. Le rejouer l'aurait doublé.
	until(t, func() bool {
		found, err := made.store.Touch(ctx, token)
		return err == nil && found.Cart["livre-1"] == 2
	})
}

func TestSilentOpensTheBreakerAndOneTryClosesIt(t *testing.T) {
	ctx, server, owner := context.Background(), startTwin(t), someone()
	made, _ := reliable(t, server, func(settings *Settings) {
		settings.Attempts, settings.BreakerRest = 1, 300*time.Millisecond
	})
	begin(t, made, owner)
	server.freeze()
	for range 5 {
		_, err := made.List(ctx, owner)
		failed(t, err, Timeout)
	}
	_, err := made.List(ctx, owner)
	failed(t, err, BreakerOpen)
	if made.breaker.State() != Opened {
		t.Fatal("the breaker is not open")
	}
	server.thaw()
	until(t, func() bool { _, err := made.List(ctx, owner); return err == nil })
	if made.breaker.State() != Closed {
		t.Fatal("the breaker did not close")
	}
}

func TestReadOnlyStillReads(t *testing.T) {
	ctx, server := context.Background(), startTwin(t)
	made, _ := reliable(t, server, nil)
	token := begin(t, made, someone())
	server.admin.Do(ctx, "REPLICAOF", "127.0.0.1", "1")
	if visit, err := made.Touch(ctx, token); err != nil || visit.Stale {
		t.Fatalf("a read-only Redis was not read: %v, %v", visit, err)
	}
	_, err := made.AddToCart(ctx, token, "livre-1", 1)
	failed(t, err, ReadOnly)
	if valueOf(t, made, "sessions_retries_total", "readonly") == 0 {
		t.Fatal("a refused write was not tried again")
	}
	server.admin.Do(ctx, "REPLICAOF", "NO", "ONE")
	until(t, func() bool { count, err := made.AddToCart(ctx, token, "livre-1", 1); return err == nil && count == 1 })
}

func TestFullStillReadsAndSlides(t *testing.T) {
	ctx, server, owner := context.Background(), startTwin(t), someone()
	made, _ := reliable(t, server, nil)
	token := begin(t, made, owner)
	server.admin.PExpire(ctx, keyOf(token), time.Second)
	server.admin.ConfigSet(ctx, "maxmemory", "1")
	if visit, err := made.Touch(ctx, token); err != nil || visit.Stale {
		t.Fatalf("a full Redis was not read: %v, %v", visit, err)
	}
	if server.admin.PTTL(ctx, keyOf(token)).Val() < time.Minute {
		t.Fatal("a full Redis did not let the session slide")
	}
	_, err := made.Open(ctx, someone(), visitor())
	failed(t, err, Full)
	_, err = made.AddToCart(ctx, token, "livre-1", 1)
	failed(t, err, Full)
	if valueOf(t, made, "sessions_retries_total", "full") != 0 {
		t.Fatal("a full Redis was hammered")
	}
	if count, err := made.CloseAll(ctx, owner, ""); err != nil || count != 1 {
		t.Fatalf("closed %d, %v", count, err)
	}
}

func TestDefectsAndTraces(t *testing.T) {
	ctx, server, owner := context.Background(), startTwin(t), someone()
	made, lines := reliable(t, server, nil)
	server.admin.Set(ctx, indexKey(owner), "not an index", 0)
	for range 6 {
		if _, err := made.List(ctx, owner); err == nil || !strings.Contains(err.Error(), "WRONGTYPE") {
			t.Fatalf("a defect was hidden: %v", err)
		}
	}
	if made.breaker.State() != Closed {
		t.Fatal("a defect opened the breaker")
	}
	token := begin(t, made, someone())
	made.Touch(ctx, token)
	if text := lines.text(); !strings.Contains(text, `"msg":"touch","outcome":"ok"`) || strings.Contains(text, strings.Split(token, ".")[1]) {
		t.Fatalf("traces: %s", text)
	}
}

func TestShutdownWaitsAndRefuses(t *testing.T) {
	ctx, server := context.Background(), startTwin(t)
	made, _ := reliable(t, server, func(settings *Settings) { settings.CommandTimeout = 5 * time.Second })
	token := begin(t, made, someone())
	server.freeze()
	answered := make(chan error)
	go func() { _, err := made.Touch(ctx, token); answered <- err }()
	until(t, func() bool { return made.Client.PoolStats().TotalConns > made.Client.PoolStats().IdleConns })
	stopped := make(chan error)
	go func() { stopped <- made.Shutdown(ctx) }()
	until(t, func() bool {
		made.lock.Lock()
		defer made.lock.Unlock()
		return made.closing
	})
	_, err := made.Touch(ctx, token)
	failed(t, err, Connection)
	server.thaw()
	if err := <-answered; err != nil {
		t.Fatalf("a call under way was cut: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Fatal(err)
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
