package cantine

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var scripts = os.DirFS("../../lua-scripts")

var patience = Patience{Attempts: 6, Budget: 10 * time.Second, Backoff: 20 * time.Millisecond, BackoffCap: 500 * time.Millisecond}

func patient(t *testing.T, url string, patience Patience) PatientCanteen {
	t.Helper()
	script, err := LoadScript(scripts)
	if err != nil {
		t.Fatal(err)
	}
	made := client(t, url)
	made.Ping(ctx)
	return PatientCanteen{made, script, patience}
}

func debited(t *testing.T, expected Debit, found Debit, err error) {
	t.Helper()
	if err != nil || found != expected {
		t.Fatalf("expected %v, got %v, %v", expected, found, err)
	}
}

func TestTheReplyIsLostAndTheDebitIsNotDoubled(t *testing.T) {
	server := startTwin(t)
	wire := startRelay(t, server.url)
	canteen, name := patient(t, wire.url, patience), card(t, server, 1000)
	wire.cuts.Store(2)
	found, err := canteen.Debit(ctx, name, 450, NewPassage())
	debited(t, Debit{"again", 550}, found, err)
	balance(t, server, name, 550)
}

func TestFiftyTillsReplayTheSamePassage(t *testing.T) {
	server := startTwin(t)
	canteen, name, passage := patient(t, server.url, patience), card(t, server, 1000), NewPassage()
	var done atomic.Int32
	var tills sync.WaitGroup
	for range 50 {
		tills.Go(func() {
			found, err := canteen.Debit(ctx, name, 450, passage)
			if err != nil || found.Left != 550 {
				t.Error(found, err)
			}
			if found.Outcome == "done" {
				done.Add(1)
			}
		})
	}
	tills.Wait()
	if done.Load() != 1 {
		t.Fatal(done.Load(), "debits")
	}
	balance(t, server, name, 550)
}

func TestTwoPassagesAreTwoDebitsAndShortIsAnAnswer(t *testing.T) {
	server := startTwin(t)
	canteen, name := patient(t, server.url, patience), card(t, server, 1000)
	for _, expected := range []Debit{{"done", 550}, {"done", 100}, {"short", 100}} {
		found, err := canteen.Debit(ctx, name, 450, NewPassage())
		debited(t, expected, found, err)
	}
	found, err := canteen.Debit(ctx, "personne", 450, NewPassage())
	debited(t, Debit{"unknown", 0}, found, err)
}

func TestWhatHasNoNameIsNotReplayedWhenItMayHaveRun(t *testing.T) {
	server := startTwin(t)
	wire := startRelay(t, server.url)
	canteen := patient(t, wire.url, patience)
	wire.cuts.Store(1)
	_, err := canteen.Tip(ctx, 50)
	failed(t, err, Lost)
	if server.admin.Get(ctx, "pourboires").Val() != "50" {
		t.Fatal("Redis had not executed it")
	}
}

func TestWhatCannotHaveRunIsReplayed(t *testing.T) {
	server := startTwin(t)
	canteen := patient(t, server.url, Patience{100, 10 * time.Second, 5 * time.Millisecond, 500 * time.Millisecond})
	server.admin.SlaveOf(ctx, "127.0.0.1", "1")
	time.AfterFunc(30*time.Millisecond, func() { server.admin.SlaveOf(ctx, "NO", "ONE") })
	if total, err := canteen.Tip(ctx, 50); err != nil || total != 50 {
		t.Fatal(total, err)
	}
}

func TestWhatNoPauseWillCureIsNotReplayed(t *testing.T) {
	server := startTwin(t)
	canteen := patient(t, server.url, patience)
	server.admin.ConfigSet(ctx, "maxmemory", "1")
	attempts := 0
	_, err := Retry(ctx, patience, Replay{Repeatable: true}, func(ctx context.Context) (string, error) {
		attempts++
		return canteen.Client.Set(ctx, "x", "y", 0).Result()
	})
	failed(t, err, Full)
	if attempts != 1 {
		t.Fatal(attempts, "attempts")
	}
}

func TestAttemptsAndPausesStayWithinTheBudget(t *testing.T) {
	server := startTwin(t)
	canteen := patient(t, server.url, Patience{1000, 500 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond})
	server.freeze()
	defer server.thaw()
	_, err := canteen.Menu(ctx, "lundi")
	failed(t, err, Timeout)
}

func TestACallerWhoLeavesIsNotKept(t *testing.T) {
	server := startTwin(t)
	canteen := patient(t, server.url, patience)
	server.freeze()
	defer server.thaw()
	leaving, leave := context.WithCancel(ctx)
	time.AfterFunc(50*time.Millisecond, leave)
	_, err := canteen.Menu(leaving, "lundi")
	var found *CallFailed
	if err == nil || !errors.Is(err, context.Canceled) && !errors.As(err, &found) {
		t.Fatal(err)
	}
}

func TestPausesGrowAreCappedAndAreSpread(t *testing.T) {
	settings := Patience{Backoff: 50 * time.Millisecond, BackoffCap: 400 * time.Millisecond}
	for attempt, milliseconds := range map[int]int64{1: 50, 2: 100, 3: 200, 4: 400, 9: 400, 60: 400} {
		limit := time.Duration(milliseconds) * time.Millisecond
		low, high := limit, time.Duration(0)
		for range 2000 {
			drawn := Pause(attempt, settings)
			low, high = min(low, drawn), max(high, drawn)
		}
		if low > limit/20 || high < limit*19/20 || high > limit {
			t.Fatal(attempt, low, high)
		}
	}
}

func TestAServerThatForgotItsScriptsIsTaughtAgain(t *testing.T) {
	server := startTwin(t)
	canteen, name := patient(t, server.url, patience), card(t, server, 1000)
	server.admin.ScriptFlush(ctx)
	found, err := canteen.Debit(ctx, name, 450, NewPassage())
	debited(t, Debit{"done", 550}, found, err)
}
