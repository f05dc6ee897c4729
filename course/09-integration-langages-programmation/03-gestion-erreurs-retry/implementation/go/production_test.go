package cantine

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// logged garde les lignes du journal, écrites de plusieurs fils.
type logged struct {
	lock sync.Mutex
	bytes.Buffer
}

func (lines *logged) Write(line []byte) (int, error) {
	lines.lock.Lock()
	defer lines.lock.Unlock()
	return lines.Buffer.Write(line)
}

func reliable(t *testing.T, server *twin, change func(*Settings)) (*ReliableCanteen, *logged) {
	t.Helper()
	settings := DefaultSettings
	settings.URL, settings.CommandTimeout = server.url, 100*time.Millisecond
	settings.Patience.Backoff, settings.BreakerRest = 10*time.Millisecond, 200*time.Millisecond
	if change != nil {
		change(&settings)
	}
	lines := &logged{}
	log := slog.New(slog.NewJSONHandler(lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	canteen, err := NewReliableCanteen(settings, scripts, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.thaw()
		stopping, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		canteen.Shutdown(stopping)
	})
	canteen.Client.Ping(ctx)
	return canteen, lines
}

// value lit une série ; `label` est la valeur de sa seule étiquette, ou rien.
func value(t *testing.T, canteen *ReliableCanteen, name, label string) float64 {
	t.Helper()
	families, err := canteen.Guard.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == name && (label == "" || hasLabel(metric, label)) {
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

func equal(t *testing.T, what string, found, expected float64) {
	t.Helper()
	if found != expected {
		t.Fatalf("%s: %v, expected %v", what, found, expected)
	}
}

func TestDownThenBack(t *testing.T) {
	server := startTwin(t)
	canteen, _ := reliable(t, server, nil)
	server.admin.HSet(ctx, "menu:lundi", "plat", "Gratin")
	canteen.Menu(ctx, "lundi")
	server.kill()
	if menu, stale, err := canteen.Menu(ctx, "lundi"); !stale || menu["plat"] != "Gratin" || err != nil {
		t.Fatal(menu, stale, err)
	}
	_, _, err := canteen.Menu(ctx, "mardi")
	failed(t, err, Unreachable, Lost, BreakerOpen)
	_, err = canteen.Debit(ctx, "x", 450, NewPassage())
	failed(t, err, Unreachable, Lost, BreakerOpen)
	equal(t, "up", value(t, canteen, "redis_up", ""), 0)
	equal(t, "fallbacks", value(t, canteen, "redis_fallbacks_total", "menu"), 1)
	server.start()
	until(t, func() bool { _, stale, err := canteen.Menu(ctx, "lundi"); return !stale && err == nil })
	equal(t, "up", value(t, canteen, "redis_up", ""), 1)
}

func TestACopyTooOldIsNotShown(t *testing.T) {
	server := startTwin(t)
	canteen, _ := reliable(t, server, func(settings *Settings) { settings.StaleFor = 30 * time.Millisecond })
	canteen.Menu(ctx, "lundi")
	server.freeze()
	time.Sleep(60 * time.Millisecond)
	_, _, err := canteen.Menu(ctx, "lundi")
	failed(t, err, Timeout)
}

func TestFrozenOpensTheBreakerWhichSparesTheFollowingCalls(t *testing.T) {
	server := startTwin(t)
	canteen, _ := reliable(t, server, func(settings *Settings) {
		settings.Patience.Attempts, settings.BreakerFailures, settings.BreakerRest = 2, 4, time.Minute
	})
	server.freeze()
	for range 2 {
		_, err := canteen.Debit(ctx, "x", 1, "p")
		failed(t, err, Timeout)
	}
	equal(t, "state", value(t, canteen, "redis_breaker_state", ""), 2)
	attempts := value(t, canteen, "redis_attempts_total", "")
	for range 20 {
		_, err := canteen.Debit(ctx, "x", 1, "p")
		failed(t, err, BreakerOpen)
	}
	equal(t, "attempts", value(t, canteen, "redis_attempts_total", ""), attempts)
}

func TestOneTrialClosesTheBreaker(t *testing.T) {
	server := startTwin(t)
	canteen, _ := reliable(t, server, func(settings *Settings) {
		settings.Patience.Attempts, settings.BreakerFailures, settings.BreakerRest = 1, 2, 100*time.Millisecond
	})
	server.freeze()
	for range 2 {
		_, err := canteen.Tip(ctx, 1)
		failed(t, err, Timeout)
	}
	server.thaw()
	until(t, func() bool { _, err := canteen.Tip(ctx, 1); return err == nil })
	equal(t, "state", value(t, canteen, "redis_breaker_state", ""), 0)
}

func TestTheSamePassageGivenAgainDebitsOnceAndIsCounted(t *testing.T) {
	server := startTwin(t)
	wire := startRelay(t, server.url)
	canteen, _ := reliable(t, server, func(settings *Settings) { settings.URL, settings.Patience.Attempts = wire.url, 1 })
	name, passage := card(t, server, 1000), NewPassage()
	wire.cuts.Store(1)
	_, err := canteen.Debit(ctx, name, 450, passage)
	failed(t, err, Lost)
	found, err := canteen.Debit(ctx, name, 450, passage)
	debited(t, Debit{"again", 550}, found, err)
	equal(t, "replays", value(t, canteen, "redis_replays_total", ""), 1)
}

func TestFullIsRefusedAtOnceAndReadingGoesOn(t *testing.T) {
	server := startTwin(t)
	canteen, _ := reliable(t, server, nil)
	name := card(t, server, 1000)
	server.admin.ConfigSet(ctx, "maxmemory", "1")
	for range 10 {
		_, err := canteen.Debit(ctx, name, 450, NewPassage())
		failed(t, err, Full)
	}
	if _, _, err := canteen.Menu(ctx, "lundi"); err != nil {
		t.Fatal(err)
	}
	equal(t, "attempts", value(t, canteen, "redis_attempts_total", ""), 11)
	equal(t, "state", value(t, canteen, "redis_breaker_state", ""), 0)
	if value(t, canteen, "redis_server_errors", "OOM") < 10 {
		t.Fatal("Redis counted no OOM")
	}
}

func TestTheBudgetBoundsWhatAFaultCosts(t *testing.T) {
	server := startTwin(t)
	canteen, _ := reliable(t, server, func(settings *Settings) {
		settings.RetryReserve, settings.RetryShare, settings.BreakerFailures = 3, 0.1, 1000
	})
	server.freeze()
	for range 5 {
		_, err := canteen.Debit(ctx, "x", 1, "p")
		failed(t, err, Timeout)
	}
	equal(t, "retries", value(t, canteen, "redis_retries_total", "timeout"), 3)
	if value(t, canteen, "redis_retries_refused_total", "") < 3 {
		t.Fatal("no retry was refused")
	}
}

func TestOneLineACall(t *testing.T) {
	server := startTwin(t)
	canteen, lines := reliable(t, server, nil)
	name := card(t, server, 1000)
	canteen.Debit(ctx, name, 450, NewPassage())
	var line map[string]any
	if err := json.Unmarshal([]byte(strings.Split(lines.String(), "\n")[0]), &line); err != nil {
		t.Fatal(err)
	}
	if line["msg"] != "debit" || line["outcome"] != "ok" || line["key"] != cardKey(name) {
		t.Fatal(line)
	}
}

func TestClosingLetsTheRunningCallsEnd(t *testing.T) {
	server := startTwin(t)
	canteen, _ := reliable(t, server, func(settings *Settings) {
		settings.CommandTimeout, settings.Patience.Budget = 5*time.Second, 10*time.Second
	})
	name := card(t, server, 1000)
	server.freeze()
	found := make(chan Debit)
	go func() {
		debit, _ := canteen.Debit(ctx, name, 450, "p")
		found <- debit
	}()
	until(t, func() bool { return value(t, canteen, "redis_attempts_total", "") == 1 })
	closed := make(chan struct{})
	go func() { canteen.Shutdown(ctx); close(closed) }()
	until(t, func() bool {
		_, err := canteen.Tip(ctx, 1)
		return err != nil && strings.Contains(err.Error(), string(Closing))
	})
	server.thaw()
	debited(t, Debit{"done", 550}, <-found, nil)
	<-closed
}

func TestABreakerStepByStep(t *testing.T) {
	now := time.Now()
	breaker := NewBreaker(2, time.Second)
	breaker.now = func() time.Time { return now }
	step := func(expected BreakerState, admitted bool) {
		t.Helper()
		if state, found := breaker.State(), breaker.Admit(); state != expected || found != admitted {
			t.Fatal(state, found)
		}
	}
	breaker.Fail()
	step(Closed, true)
	breaker.Fail()
	step(Opened, false)
	now = now.Add(time.Second)
	step(HalfOpen, true)
	step(HalfOpen, false)
	breaker.Fail()
	step(Opened, false)
	now = now.Add(time.Second)
	step(HalfOpen, true)
	breaker.Succeed()
	step(Closed, true)
}

func TestABudgetEarnsAShare(t *testing.T) {
	budget := NewRetryBudget(0.25, 2)
	for range 2 {
		if !budget.Spend() || !budget.Spend() || budget.Spend() {
			t.Fatal("two retries, not one more")
		}
		for range 100 {
			budget.Earn()
		}
	}
}
