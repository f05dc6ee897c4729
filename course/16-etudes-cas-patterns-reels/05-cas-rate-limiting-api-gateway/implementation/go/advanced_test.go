package ratelimit

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"
)

var policies = []Policy{
	{Algorithm: FixedWindow, Limit: 10, Window: time.Minute},
	{Algorithm: SlidingLog, Limit: 10, Window: time.Minute},
	{Algorithm: SlidingCounter, Limit: 10, Window: time.Hour},
	{Algorithm: TokenBucket, Limit: 10, RatePerSecond: 0.01},
}

func TestEachAdmitsExactlyTheLimitAndItsKeyExpires(t *testing.T) {
	ctx, rdb := context.Background(), dial(t)
	for _, policy := range policies {
		policy := policy
		t.Run(string(policy.Algorithm), func(t *testing.T) {
			client := requestID()
			limiter, err := NewLimiter(rdb, "test", policy)
			if err != nil {
				t.Fatal(err)
			}
			got := admitted(together(t, 60, func() (Decision, error) { return limiter.Check(ctx, client, 1) }))
			if got != 10 {
				t.Fatalf("%d admitted", got)
			}
			if left := rdb.PTTL(ctx, limiter.key(client)).Val(); left <= 0 {
				t.Fatalf("the key does not expire: %v", left)
			}
		})
	}
}

func TestAServerThatForgotItsScriptsIsTaughtAgain(t *testing.T) {
	ctx, rdb := context.Background(), dial(t)
	for _, policy := range policies {
		rdb.ScriptFlush(ctx)
		limiter, err := NewLimiter(rdb, "test", policy)
		if err != nil {
			t.Fatal(err)
		}
		got, err := limiter.Check(ctx, requestID(), 1)
		if want := (Decision{Admitted: true, Remaining: 9}); err != nil || got != want {
			t.Fatalf("%s: %+v, %v", policy.Algorithm, got, err)
		}
	}
}

func TestTheAnnouncedWaitIsEnough(t *testing.T) {
	ctx, rdb := context.Background(), dial(t)
	for _, policy := range []Policy{
		{Algorithm: FixedWindow, Limit: 3, Window: 250 * time.Millisecond},
		{Algorithm: SlidingLog, Limit: 3, Window: 250 * time.Millisecond},
		{Algorithm: SlidingCounter, Limit: 3, Window: 250 * time.Millisecond},
		{Algorithm: TokenBucket, Limit: 3, RatePerSecond: 12},
	} {
		policy := policy
		t.Run(string(policy.Algorithm), func(t *testing.T) {
			client := requestID()
			limiter, err := NewLimiter(rdb, "test", policy)
			if err != nil {
				t.Fatal(err)
			}
			d := Decision{Admitted: true}
			for d.Admitted {
				if d, err = limiter.Check(ctx, client, 1); err != nil {
					t.Fatal(err)
				}
			}
			if d.WaitMs > 500 {
				t.Fatalf("%d ms for two windows of 250 ms", d.WaitMs)
			}
			time.Sleep(time.Duration(d.WaitMs+2) * time.Millisecond)
			if d, err = limiter.Check(ctx, client, 1); err != nil || !d.Admitted {
				t.Fatalf("%+v, %v", d, err)
			}
		})
	}
}

func TestWhatMakesNoSenseIsRefused(t *testing.T) {
	rdb := dial(t)
	for _, policy := range []Policy{
		{Algorithm: FixedWindow, Limit: 0, Window: time.Second},
		{Algorithm: SlidingLog, Limit: 5},
		{Algorithm: TokenBucket, Limit: 5},
	} {
		if _, err := NewLimiter(rdb, "test", policy); err == nil {
			t.Fatalf("%+v was accepted", policy)
		}
	}
	limiter, err := NewLimiter(rdb, "test", Policy{Algorithm: TokenBucket, Limit: 5, RatePerSecond: 1})
	if err != nil {
		t.Fatal(err)
	}
	var cost CostError
	if _, err := limiter.Check(context.Background(), requestID(), 6); !errors.As(err, &cost) {
		t.Fatalf("%v", err)
	}
}

func TestTheHTTPAnswer(t *testing.T) {
	policy, headers := Policy{Algorithm: TokenBucket, Limit: 20, RatePerSecond: 10}, http.Header{}
	if status := HTTPAnswer(Decision{WaitMs: 1001}, policy, headers); status != http.StatusTooManyRequests {
		t.Fatalf("%d", status)
	}
	for name, want := range map[string]string{
		"Retry-After": "2", "RateLimit": `"default";r=0;t=2`, "RateLimit-Policy": `"default";q=20;w=2`,
	} {
		if got := headers.Get(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
