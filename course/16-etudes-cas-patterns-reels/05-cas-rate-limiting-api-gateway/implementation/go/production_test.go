package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"
)

var (
	silent = slog.New(slog.NewTextHandler(io.Discard, nil))
	search = Route{Name: "recherche", Policy: Policy{Algorithm: FixedWindow, Limit: 40, Window: time.Minute}}
	login  = Route{Name: "connexion", Policy: search.Policy, Closed: true}
)

// patient laisse du temps à une machine occupée ; le test de lenteur règle le sien.
func patient(r *relay) Configuration {
	config := Defaults()
	config.RedisURL = "redis://" + r.addr
	config.CommandTimeout, config.Budget = 5*time.Second, 20*time.Second
	return config
}

func guarded(t *testing.T, r *relay, route Route, change func(*Configuration)) *Guard {
	t.Helper()
	config := patient(r)
	if change != nil {
		change(&config)
	}
	rdb, err := Connect(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rdb.Close() })
	guard, err := NewGuard(route, rdb, config, NewMetrics(prometheus.NewRegistry()), silent)
	if err != nil {
		t.Fatal(err)
	}
	return guard
}

func check(t *testing.T, g *Guard, client string) Answer {
	t.Helper()
	answer, err := g.Check(context.Background(), client, 1)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func until(t *testing.T, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the condition never came")
		}
	}
}

func TestRedisAnswers(t *testing.T) {
	g, client := guarded(t, openRelay(t), search, nil), requestID()
	passed := 0
	for i := 0; i < 50; i++ {
		answer := check(t, g, client)
		if answer.Source != "redis" {
			t.Fatalf("%+v", answer)
		}
		if answer.Admitted {
			passed++
		}
	}
	if refused := testutil.ToFloat64(g.metrics.checks.WithLabelValues("recherche", "refused", "redis")); passed != 40 || refused != 10 {
		t.Fatalf("%d admitted, %v refused", passed, refused)
	}
}

func TestDownOpenRouteLetsItsShareAndNoMorePass(t *testing.T) {
	r, client := openRelay(t), requestID()
	g := guarded(t, r, search, nil)
	r.cut()
	passed := 0
	for i := 0; i < 30; i++ {
		answer := check(t, g, client)
		if answer.Source != "local" {
			t.Fatalf("%+v", answer)
		}
		if answer.Admitted {
			passed++
		}
	}
	if passed != 10 || !g.Degraded() || testutil.ToFloat64(g.metrics.breakerOpen.WithLabelValues("recherche")) != 1 {
		t.Fatalf("%d admitted, degraded %v", passed, g.Degraded())
	}
}

func TestDownClosedRouteLetsNothingPass(t *testing.T) {
	r := openRelay(t)
	g := guarded(t, r, login, nil)
	r.cut()
	if answer := check(t, g, requestID()); answer != (Answer{Decision{WaitMs: 1000}, "closed"}) {
		t.Fatalf("%+v", answer)
	}
}

func TestSlowThenTheBreakerStopsAsking(t *testing.T) {
	r, client := openRelay(t), requestID()
	g := guarded(t, r, search, func(c *Configuration) {
		c.CommandTimeout, c.BreakerOpen = 60*time.Millisecond, 10*time.Minute
	})
	r.stalled.Store(true)
	for i := 0; i < 105; i++ {
		if answer := check(t, g, client); answer.Source != "local" {
			t.Fatalf("%+v", answer)
		}
	}
	asked := testutil.ToFloat64(g.metrics.failures.WithLabelValues(string(TimedOut)))
	if retries := testutil.ToFloat64(g.metrics.retries); asked != 5 || retries != 0 {
		t.Fatalf("%v time-outs, %v retries", asked, retries)
	}
}

func TestRestartedWithKeysAndScriptsLost(t *testing.T) {
	ctx, r, direct, client := context.Background(), openRelay(t), dial(t), requestID()
	g := guarded(t, r, search, func(c *Configuration) { c.BreakerOpen = 50 * time.Millisecond })
	check(t, g, client)
	r.cut()
	for i := 0; i < 6; i++ {
		check(t, g, client)
	}
	if !g.Degraded() {
		t.Fatal("the breaker did not open")
	}
	direct.ScriptFlush(ctx)
	direct.Del(ctx, g.limiter.key(client))
	r.open(t)
	until(t, func() bool { return check(t, g, client).Source == "redis" })
	if count := direct.Get(ctx, g.limiter.key(client)).Val(); g.Degraded() || count != "1" {
		t.Fatalf("degraded %v, counted %s", g.Degraded(), count)
	}
}

func TestACallersMistakeIsReturned(t *testing.T) {
	bucket := Route{Name: "export", Policy: Policy{Algorithm: TokenBucket, Limit: 5, RatePerSecond: 1}}
	g := guarded(t, openRelay(t), bucket, nil)
	var cost CostError
	if _, err := g.Check(context.Background(), requestID(), 6); !errors.As(err, &cost) || g.Degraded() {
		t.Fatalf("%v, degraded %v", err, g.Degraded())
	}
}

func TestTheGatewayAnswersExposesAndStops(t *testing.T) {
	r, client := openRelay(t), requestID()
	config := patient(r)
	gateway, err := StartGateway([]Route{search, login}, config, "127.0.0.1:0", silent)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(path string) (int, http.Header, string) {
		request, _ := http.NewRequest(http.MethodGet, "http://"+gateway.Addr+path, nil)
		request.Header.Set("X-API-Key", client)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		return response.StatusCode, response.Header, string(body)
	}
	for i := 0; i < 41; i++ {
		want := http.StatusOK
		if i == 40 {
			want = http.StatusTooManyRequests
		}
		if status, _, _ := ask("/recherche"); status != want {
			t.Fatalf("request %d: %d", i, status)
		}
	}
	r.cut()
	for i := 0; i < 6; i++ {
		if status, headers, _ := ask("/connexion"); status != http.StatusServiceUnavailable || headers.Get("Retry-After") != "1" {
			t.Fatalf("%d %v", status, headers)
		}
	}
	if _, _, body := ask("/metrics"); !strings.Contains(body, `rate_limit_checks_total{result="refused",route="connexion",source="closed"} 6`) {
		t.Fatal(body)
	}
	if _, _, body := ask("/healthz"); !strings.Contains(body, `"degraded":true`) {
		t.Fatal(body)
	}
	if err := gateway.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get("http://" + gateway.Addr + "/healthz"); err == nil {
		t.Fatal("the gateway still answers")
	}
}

func TestBackoffIsExponentialAndBounded(t *testing.T) {
	if got := Backoff(3, time.Second, time.Minute, 1); got != 8*time.Second {
		t.Fatal(got)
	}
	if got := Backoff(100, time.Second, time.Minute, 1); got != time.Minute {
		t.Fatal(got)
	}
}

func TestTheBreakerLetsOneTryPassAPeriod(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(1_000_000 + ms)) }
	b := NewCircuitBreaker(3, time.Second)
	for i := 0; i < 3; i++ {
		b.Failed(at(0))
	}
	if got := fmt.Sprint(b.Allows(at(400)), b.Allows(at(1500)), b.Allows(at(1600))); got != "false true false" {
		t.Fatal(got)
	}
	b.Succeeded()
	if b.Open() || !b.Allows(at(1700)) {
		t.Fatal("a success closes the breaker")
	}
}

func TestTheLocalWindowIsBoundedAndEnds(t *testing.T) {
	now := time.Now()
	l := NewLocalWindow(1, time.Second, 3)
	if !l.Check("a", now).Admitted || l.Check("a", now).Admitted || !l.Check("a", now.Add(time.Second)).Admitted {
		t.Fatal("one a window")
	}
	for _, client := range []string{"b", "c", "d", "e"} {
		l.Check(client, now.Add(time.Second))
	}
	if len(l.counts) > 3 {
		t.Fatalf("%d clients kept", len(l.counts))
	}
}

func TestErrorsAreToldApart(t *testing.T) {
	for want, err := range map[Failure]error{
		Unavailable: errors.New("LOADING Redis is loading the dataset in memory"),
		Denied:      errors.New("NOAUTH Authentication required."),
		TimedOut:    context.DeadlineExceeded,
		Connection:  io.EOF,
		NotSent:     redis.ErrPoolTimeout,
		Unexpected:  errors.New("WRONGTYPE Operation against a key holding the wrong kind of value"),
	} {
		if got := FailureOf(err); got != want {
			t.Errorf("%v: %s", err, got)
		}
	}
}
