package cache

import (
	"context"
	"errors"
	"net/url"
	"os"
	"reflect"
	"sync"
	"testing"
	"time"

	"crypto/rand"

	"github.com/redis/go-redis/v9"
)

var scripts = os.DirFS("../../lua-scripts")

func newCache(t *testing.T, change func(*Ages)) *QueryCache {
	t.Helper()
	ages := DefaultAges
	if change != nil {
		change(&ages)
	}
	cache, err := NewQueryCache(modelClient(t), scripts, ages)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Settle)
	return cache
}

// counting est une recette qui compte ses calculs.
func counting(name string, value int, loads *int) Recipe[int] {
	return Recipe[int]{"q:" + name, []string{name}, func(context.Context) (int, error) { *loads++; return value, nil }}
}

func expect[T any](t *testing.T, cache *QueryCache, recipe Recipe[T], value T, origin Origin) {
	t.Helper()
	found, from, err := Get(context.Background(), cache, recipe)
	if err != nil || !reflect.DeepEqual(found, value) || from != origin {
		t.Fatalf("found %v, %s, %v; expected %v, %s", found, from, err, value, origin)
	}
}

func TestTheTableIsTheSameEverywhere(t *testing.T) {
	table := NewSales()
	rows := table.BestSellers(1, 90)
	if len(table.sales) != 120_000 || len(rows) != 36 {
		t.Fatal(len(table.sales), len(rows))
	}
	if first := rows[0]; first != (BestSeller{0, 1, "livre-1896", 11, 32164, 4.3}) {
		t.Fatalf("%+v", first)
	}
}

func TestBasic(t *testing.T) {
	ctx, client, key, loads := context.Background(), modelClient(t), KeyOf(rand.Text(), url.Values{"city": {"1"}}), 0
	load := func(context.Context) (int, error) { loads++; return 0, nil }
	for range 2 {
		if value, err := Cached(ctx, client, key, time.Minute, load); value != 0 || err != nil {
			t.Fatal(value, err)
		}
	}
	if loads != 1 || client.PTTL(ctx, key).Val() <= 0 {
		t.Fatal("zero was taken for an absence, or never dies", loads)
	}
	absent := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1, DialerRetries: 1})
	defer absent.Close()
	if _, err := Cached(ctx, absent, key, time.Minute, load); err != nil || loads != 2 {
		t.Fatal("Redis absent broke the caller", err)
	}
	if KeyOf("p", url.Values{"a": {"1&b=2"}}) == KeyOf("p", url.Values{"a": {"1"}, "b": {"2"}}) {
		t.Fatal("two calls, one name")
	}
}

func TestComputedOnceThenFreshEverywhere(t *testing.T) {
	ctx, name, loads := context.Background(), rand.Text(), 0
	expect(t, newCache(t, nil), counting(name, 1, &loads), 1, Computed)
	expect(t, newCache(t, nil), counting(name, 1, &loads), 1, Fresh)
	client := modelClient(t)
	for _, key := range client.Keys(ctx, "*"+name+"*").Val() {
		if client.PTTL(ctx, key).Val() <= 0 {
			t.Fatal("eternal", key)
		}
	}
	if loads != 1 || client.Exists(ctx, "lock:q:"+name).Val() != 0 {
		t.Fatal("computed twice, or locked", loads)
	}
}

func TestFiftyCallersOnTwoServersComputeOnce(t *testing.T) {
	table, name := NewSales(), rand.Text()
	caches := []*QueryCache{newCache(t, nil), newCache(t, nil)}
	recipe := Recipe[[]BestSeller]{"q:" + name, []string{name}, func(context.Context) ([]BestSeller, error) {
		return table.BestSellers(2, 365), nil
	}}
	var callers sync.WaitGroup
	for n := range 50 {
		callers.Add(1)
		go func() {
			defer callers.Done()
			if rows, _, err := Get(context.Background(), caches[n%2], recipe); err != nil || len(rows) != 36 {
				t.Error(len(rows), err)
			}
		}()
	}
	callers.Wait()
	if queries := table.Queries.Load(); queries != 1 {
		t.Fatal(queries, "queries")
	}
}

func TestASaleDuringTheComputationIsNotHidden(t *testing.T) {
	ctx, table, name := context.Background(), NewSales(), rand.Text()
	reading, passed, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	cache := newCache(t, nil)
	total := func(context.Context) (int, error) { return table.Copies(3), nil }
	go func() {
		defer close(done)
		Get(ctx, cache, Recipe[int]{"q:" + name, []string{name}, func(ctx context.Context) (int, error) {
			seen, err := total(ctx)
			close(reading)
			<-passed
			return seen, err
		}})
	}()
	<-reading
	table.Sell(7, 3, 1)
	if err := cache.Invalidate(ctx, name); err != nil {
		t.Fatal(err)
	}
	close(passed)
	<-done
	expect(t, newCache(t, nil), Recipe[int]{"q:" + name, []string{name}, total}, table.Copies(3), Computed)
}

func TestStaleIsServedAtOnceAndRenewedBehind(t *testing.T) {
	name, loads := rand.Text(), 0
	cache := newCache(t, func(ages *Ages) { ages.Fresh = time.Millisecond })
	expect(t, cache, counting(name, 1, &loads), 1, Computed)
	time.Sleep(10 * time.Millisecond)
	expect(t, cache, counting(name, 2, &loads), 1, Stale)
	cache.Settle()
	if loads != 2 {
		t.Fatal(loads)
	}
}

func TestADeadComputationIsNotWaitedForEver(t *testing.T) {
	ctx, name, loads := context.Background(), rand.Text(), 0
	client := modelClient(t)
	client.Set(ctx, "lock:q:"+name, "un mort", time.Minute)
	expect(t, newCache(t, func(ages *Ages) { ages.Wait = 60 * time.Millisecond }), counting(name, 1, &loads), 1, Computed)
	client.Unlink(ctx, "lock:q:"+name)
}

func TestAFailureOfTheBaseFreesTheLock(t *testing.T) {
	ctx, name, broken := context.Background(), rand.Text(), errors.New("base en panne")
	_, _, err := Get(ctx, newCache(t, nil), Recipe[int]{"q:" + name, nil, func(context.Context) (int, error) { return 0, broken }})
	if !errors.Is(err, broken) || modelClient(t).Exists(ctx, "lock:q:"+name, "q:"+name).Val() != 0 {
		t.Fatal(err)
	}
}

func TestAnEvictedTagNeverLies(t *testing.T) {
	name, loads := rand.Text(), 0
	cache := newCache(t, nil)
	expect(t, cache, counting(name, 1, &loads), 1, Computed)
	modelClient(t).Unlink(context.Background(), "tag:"+name)
	expect(t, cache, counting(name, 2, &loads), 2, Computed)
}

func TestWarmingSurvivesAFailingQuery(t *testing.T) {
	name, loads := rand.Text(), 0
	broken := Recipe[int]{"q:b" + name, nil, func(context.Context) (int, error) { return 0, errors.New("raté") }}
	if done := Warm(context.Background(), newCache(t, nil), []Recipe[int]{broken, counting(name, 1, &loads)}, 2); done != 1 {
		t.Fatal(done)
	}
}
