package cache

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// journal garde les traces, que plusieurs fils écrivent.
type journal struct {
	lock sync.Mutex
	text bytes.Buffer
}

func (journal *journal) Write(line []byte) (int, error) {
	journal.lock.Lock()
	defer journal.lock.Unlock()
	return journal.text.Write(line)
}

func newReliable(t *testing.T, one *twin, change func(*Settings)) (*Reliable, *journal) {
	t.Helper()
	settings := DefaultSettings
	settings.URL, settings.CommandTimeout, settings.Backoff = one.url, 500*time.Millisecond, 5*time.Millisecond
	settings.BreakerRest, settings.OwedEvery = 50*time.Millisecond, 50*time.Millisecond
	if change != nil {
		change(&settings)
	}
	lines := &journal{}
	reliable, err := NewReliable(settings, scripts, DefaultAges, slog.New(slog.NewJSONHandler(lines, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		one.thaw()
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		reliable.Shutdown(ctx)
	})
	return reliable, lines
}

func bestSellersOf(table *Sales, city int) Recipe[[]BestSeller] {
	name := rand.Text()
	return Recipe[[]BestSeller]{"q:" + name, []string{"ville:" + name}, func(context.Context) ([]BestSeller, error) {
		return table.BestSellers(city, 90), nil
	}}
}

func originOf[T any](t *testing.T, reliable *Reliable, recipe Recipe[T]) Origin {
	t.Helper()
	_, origin, err := Serve(context.Background(), reliable, recipe)
	if err != nil {
		t.Fatal(err)
	}
	return origin
}

func valueOf(t *testing.T, reliable *Reliable, name, label string) float64 {
	t.Helper()
	families, err := reliable.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			if label != "" && metric.GetLabel()[0].GetValue() != label {
				continue
			}
			return metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
		}
	}
	return 0
}

func TestEverything(t *testing.T) {
	one := startTwin(t)
	reliable, lines := newReliable(t, one, nil)
	recipe := bestSellersOf(NewSales(), 1)
	if a, b := originOf(t, reliable, recipe), originOf(t, reliable, recipe); a != Computed || b != Fresh {
		t.Fatal(a, b)
	}
	if err := reliable.Invalidate(context.Background(), recipe.Tags...); err != nil {
		t.Fatal(err)
	}
	if origin := originOf(t, reliable, recipe); origin != Computed {
		t.Fatal(origin)
	}
	lines.lock.Lock()
	defer lines.lock.Unlock()
	for _, word := range []string{`"msg":"serve"`, `"from":"computed"`, recipe.Key, `"latency_ms"`, `"ttl_ms"`} {
		if !strings.Contains(lines.text.String(), word) {
			t.Fatal("the log does not tell", word)
		}
	}
}

func TestRedisDown(t *testing.T) {
	one, table := startTwin(t), NewSales()
	reliable, _ := newReliable(t, one, nil)
	known, unseen := bestSellersOf(table, 1), bestSellersOf(table, 2)
	originOf(t, reliable, known)
	one.kill()
	if a, b := originOf(t, reliable, known), originOf(t, reliable, unseen); a != Copy || b != Bypass {
		t.Fatal(a, b)
	}
	if valueOf(t, reliable, "cache_redis_up", "") != 0 {
		t.Fatal("a dead Redis is said up")
	}
	one.start()
	until(t, func() bool { return originOf(t, reliable, known) == Computed })
}

func TestTheBaseIsNotDrowned(t *testing.T) {
	one := startTwin(t)
	reliable, _ := newReliable(t, one, func(settings *Settings) { settings.SQLWidth, settings.SQLQueue = 1, 1 })
	one.kill()
	gate, refused, served := make(chan struct{}), make(chan error, 6), make(chan Origin, 6)
	for range 6 {
		go func() {
			_, origin, err := Serve(context.Background(), reliable, Recipe[int]{rand.Text(), nil, func(context.Context) (int, error) {
				<-gate
				return 1, nil
			}})
			if err != nil {
				refused <- err
			} else {
				served <- origin
			}
		}()
	}
	for range 4 {
		if err := <-refused; !errors.Is(err, ErrOverloaded) {
			t.Fatal(err)
		}
	}
	close(gate)
	for range 2 {
		if origin := <-served; origin != Bypass {
			t.Fatal(origin)
		}
	}
	one.start()
}

func TestRedisFrozen(t *testing.T) {
	one := startTwin(t)
	reliable, _ := newReliable(t, one, func(settings *Settings) {
		settings.CommandTimeout, settings.BreakerRest = 60*time.Millisecond, time.Minute
	})
	recipe := bestSellersOf(NewSales(), 1)
	until(t, func() bool { return originOf(t, reliable, recipe) == Fresh })
	one.freeze()
	until(t, func() bool {
		if origin := originOf(t, reliable, recipe); origin != Copy {
			t.Fatal(origin)
		}
		return valueOf(t, reliable, "cache_breaker_state", "") == float64(Opened)
	})
	if valueOf(t, reliable, "cache_retries_total", "timeout") == 0 {
		t.Fatal("a read was not tried again")
	}
}

func TestAnInvalidationIsOwedThenPaid(t *testing.T) {
	one, table := startTwin(t), NewSales()
	reliable, _ := newReliable(t, one, func(settings *Settings) {
		settings.CommandTimeout, settings.InvalidateAttempts = 60*time.Millisecond, 2
	})
	recipe := bestSellersOf(table, 3)
	until(t, func() bool { return originOf(t, reliable, recipe) == Fresh })
	one.freeze()
	table.Sell(1, 3, 1)
	var unavailable *Unavailable
	if err := reliable.Invalidate(context.Background(), recipe.Tags...); !errors.As(err, &unavailable) {
		t.Fatal(err)
	}
	if origin := originOf(t, reliable, recipe); origin != Bypass || valueOf(t, reliable, "cache_invalidations_owed", "") != 1 {
		t.Fatal("an owed tag was served", origin)
	}
	one.thaw()
	until(t, func() bool { return valueOf(t, reliable, "cache_invalidations_owed", "") == 0 })
	if rows, _, err := Serve(context.Background(), reliable, recipe); err != nil || len(rows) != 36 {
		t.Fatal(err)
	}
}

func TestRedisReadOnly(t *testing.T) {
	ctx, one, table := context.Background(), startTwin(t), NewSales()
	reliable, _ := newReliable(t, one, func(settings *Settings) { settings.InvalidateAttempts = 2 })
	recipe, unseen := bestSellersOf(table, 1), bestSellersOf(table, 4)
	originOf(t, reliable, recipe)
	one.admin.SlaveOf(ctx, "127.0.0.1", "1")
	if a, b := originOf(t, reliable, recipe), originOf(t, reliable, unseen); a != Fresh || b != Bypass {
		t.Fatal(a, b)
	}
	if reliable.Invalidate(ctx, recipe.Tags...) == nil {
		t.Fatal("a replica invalidated")
	}
	one.admin.SlaveOf(ctx, "NO", "ONE")
	until(t, func() bool { return valueOf(t, reliable, "cache_invalidations_owed", "") == 0 })
}

func TestRedisFull(t *testing.T) {
	ctx, one, table := context.Background(), startTwin(t), NewSales()
	reliable, _ := newReliable(t, one, nil)
	recipe, unseen := bestSellersOf(table, 1), bestSellersOf(table, 5)
	originOf(t, reliable, recipe)
	one.admin.ConfigSet(ctx, "maxmemory", "1")
	if a, b := originOf(t, reliable, recipe), originOf(t, reliable, unseen); a != Fresh || b != Bypass {
		t.Fatal(a, b)
	}
	if err := reliable.Invalidate(ctx, recipe.Tags...); err != nil {
		t.Fatal("a full Redis refused an invalidation", err)
	}
	if origin := originOf(t, reliable, recipe); origin == Fresh {
		t.Fatal("an invalidated result was served")
	}
	one.admin.ConfigSet(ctx, "maxmemory", "0")
}

func TestADefectOpensNoBreaker(t *testing.T) {
	one, broken := startTwin(t), errors.New("défaut")
	reliable, _ := newReliable(t, one, nil)
	for range 6 {
		_, _, err := Serve(context.Background(), reliable, Recipe[int]{rand.Text(), nil, func(context.Context) (int, error) { return 0, broken }})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
	}
	if valueOf(t, reliable, "cache_breaker_state", "") != 0 {
		t.Fatal("opened by a defect")
	}
}

func TestShutdown(t *testing.T) {
	one, table := startTwin(t), NewSales()
	reliable, _ := newReliable(t, one, nil)
	originOf(t, reliable, bestSellersOf(table, 1))
	if err := reliable.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	var unavailable *Unavailable
	if _, _, err := Serve(context.Background(), reliable, bestSellersOf(table, 1)); !errors.As(err, &unavailable) {
		t.Fatal(err)
	}
}
