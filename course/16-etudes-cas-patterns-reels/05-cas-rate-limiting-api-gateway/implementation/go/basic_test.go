package ratelimit

import (
	"context"
	"sync"
	"testing"
	"time"
)

// together appelle check count fois en parallèle et rend les décisions.
func together(t *testing.T, count int, check func() (Decision, error)) []Decision {
	t.Helper()
	decisions := make([]Decision, count)
	var calls sync.WaitGroup
	for i := 0; i < count; i++ {
		calls.Add(1)
		go func(i int) {
			defer calls.Done()
			var err error
			if decisions[i], err = check(); err != nil {
				t.Error(err)
			}
		}(i)
	}
	calls.Wait()
	return decisions
}

func admitted(decisions []Decision) (count int) {
	for _, d := range decisions {
		if d.Admitted {
			count++
		}
	}
	return count
}

func TestFiftyGoroutinesAdmitExactlyTheLimit(t *testing.T) {
	rdb, client := dial(t), requestID()
	decisions := together(t, 50, func() (Decision, error) {
		return Check(context.Background(), rdb, client, 10, 60_000)
	})
	if got := admitted(decisions); got != 10 {
		t.Fatalf("%d admitted", got)
	}
	for _, d := range decisions {
		if !d.Admitted && (d.WaitMs <= 0 || d.WaitMs > 60_000) {
			t.Fatalf("wait of %d ms", d.WaitMs)
		}
	}
}

func TestTheExpiryIsSetOnce(t *testing.T) {
	ctx, rdb, client := context.Background(), dial(t), requestID()
	check := func() {
		if _, err := Check(ctx, rdb, client, 5, 60_000); err != nil {
			t.Fatal(err)
		}
	}
	check()
	rdb.PExpire(ctx, "rl:{"+client+"}", 30*time.Second)
	check()
	if left := rdb.PTTL(ctx, "rl:{"+client+"}").Val(); left > 30*time.Second {
		t.Fatalf("the second call moved the end of the window: %v", left)
	}
}
