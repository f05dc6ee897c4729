package cantine

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// silence tait go-redis, qui écrit une ligne par connexion refusée.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

func TestMain(m *testing.M) {
	redis.SetLogger(silence{})
	m.Run()
}

var ctx = context.Background()

func client(t *testing.T, url string) *redis.Client {
	t.Helper()
	made, err := Connect(url, 500*time.Millisecond, 200*time.Millisecond, 10)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { made.Close() })
	return made
}

func card(t *testing.T, server *twin, cents int) string {
	t.Helper()
	name := "essai-" + strconv.FormatUint(rand.Uint64(), 36)
	if err := server.admin.Set(ctx, cardKey(name), cents, 0).Err(); err != nil {
		t.Fatal(err)
	}
	return name
}

func balance(t *testing.T, server *twin, name string, expected int64) {
	t.Helper()
	if found := server.admin.Get(ctx, cardKey(name)).Val(); found != strconv.FormatInt(expected, 10) {
		t.Fatalf("balance %s, expected %d", found, expected)
	}
}

func failed(t *testing.T, err error, expected ...Failure) {
	t.Helper()
	var found *CallFailed
	if errors.As(err, &found) {
		for _, one := range expected {
			if found.Failure == one {
				return
			}
		}
	}
	t.Fatalf("expected %v, got %v", expected, err)
}

func TestCalm(t *testing.T) {
	server := startTwin(t)
	canteen, name := Canteen{client(t, server.url)}, card(t, server, 450)
	if left, err := canteen.Debit(ctx, name, 450); left != 0 || err != nil {
		t.Fatal(left, err)
	}
	if left, err := canteen.Balance(ctx, name); left != 0 || err != nil {
		t.Fatal("a balance of zero is not an absent card", left, err)
	}
	if _, err := canteen.Balance(ctx, "personne"); !errors.Is(err, ErrUnknownCard) {
		t.Fatal(err)
	}
	server.admin.HSet(ctx, "menu:lundi", "plat", "Gratin")
	if menu, err := canteen.Menu(ctx, "lundi"); menu["plat"] != "Gratin" || err != nil {
		t.Fatal(menu, err)
	}
}

func TestNobodyListens(t *testing.T) {
	_, err := Canteen{client(t, "redis://127.0.0.1:1")}.Balance(ctx, "x")
	failed(t, err, Unreachable)
}

func TestCutAfterRedisExecuted(t *testing.T) {
	server := startTwin(t)
	wire := startRelay(t, server.url)
	canteen, name := Canteen{client(t, wire.url)}, card(t, server, 1000)
	canteen.Balance(ctx, name)
	wire.cuts.Store(1)
	_, err := canteen.Debit(ctx, name, 450)
	failed(t, err, Lost)
	balance(t, server, name, 550)
}

func TestFrozenThenExecuted(t *testing.T) {
	server := startTwin(t)
	canteen, name := Canteen{client(t, server.url)}, card(t, server, 1000)
	canteen.Balance(ctx, name)
	server.freeze()
	_, err := canteen.Debit(ctx, name, 450)
	server.thaw()
	failed(t, err, Timeout)
	until(t, func() bool { return server.admin.Get(ctx, cardKey(name)).Val() == "550" })
}

func TestReplicaAndFullRefuseWritesAndServeReads(t *testing.T) {
	server := startTwin(t)
	canteen := Canteen{client(t, server.url)}
	for refusal, change := range map[Failure][2]func(){
		ReadOnly: {func() { server.admin.SlaveOf(ctx, "127.0.0.1", "1") }, func() { server.admin.SlaveOf(ctx, "NO", "ONE") }},
		Full:     {func() { server.admin.ConfigSet(ctx, "maxmemory", "1") }, func() { server.admin.ConfigSet(ctx, "maxmemory", "0") }},
	} {
		change[0]()
		_, reading := canteen.Menu(ctx, "lundi")
		_, writing := canteen.Debit(ctx, "x", 1)
		change[1]()
		if reading != nil {
			t.Fatal(reading)
		}
		failed(t, writing, refusal)
	}
}

func TestDenied(t *testing.T) {
	server := startTwin(t)
	server.admin.Do(ctx, "ACL", "SETUSER", "lecteur", "on", ">secret", "~*", "+@read", "+@connection")
	address := strings.TrimPrefix(server.url, "redis://")
	_, err := Canteen{client(t, "redis://lecteur:secret@"+address)}.Debit(ctx, "x", 1)
	failed(t, err, Denied)
	_, err = Canteen{client(t, "redis://lecteur:faux@"+address)}.Balance(ctx, "x")
	failed(t, err, Denied)
	server.admin.ConfigSet(ctx, "requirepass", "secret")
	_, err = Canteen{client(t, server.url)}.Balance(ctx, "x")
	failed(t, err, Denied)
}

func TestBusy(t *testing.T) {
	server := startTwin(t)
	canteen, runner := Canteen{client(t, server.url)}, client(t, server.url)
	server.admin.ConfigSet(ctx, "busy-reply-threshold", "50")
	done := make(chan struct{})
	go func() { runner.Eval(ctx, "while true do end", nil); close(done) }()
	until(t, func() bool {
		_, err := canteen.Balance(ctx, "x")
		if err == nil || errors.Is(err, ErrUnknownCard) {
			return false
		}
		failed(t, err, Busy, Timeout)
		return FailureOf(err) == Busy
	})
	server.admin.ScriptKill(ctx)
	<-done
}

func TestAMistakeOfOursStaysWhatItIs(t *testing.T) {
	server := startTwin(t)
	server.admin.RPush(ctx, cardKey("liste"), "x")
	_, err := Canteen{client(t, server.url)}.Debit(ctx, "liste", 1)
	if err == nil || !strings.HasPrefix(err.Error(), "WRONGTYPE") {
		t.Fatal(err)
	}
}
