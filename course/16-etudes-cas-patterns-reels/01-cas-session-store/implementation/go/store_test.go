package sessions

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

var scripts = os.DirFS("../../lua-scripts")

func visitor() Session {
	return Session{
		Device: Device{"Essai", "192.0.2.1"}, Prefs: map[string]string{}, Cart: map[string]int{}, Recent: []string{},
	}
}

func someone() string { return "essai-" + randomText()[:12] }

func newStore(t *testing.T, lifetimes Lifetimes) *Store {
	t.Helper()
	store, err := NewStore(modelClient(t), scripts, lifetimes)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func opened(t *testing.T, store *Store, owner string) string {
	t.Helper()
	token, err := NewToken(owner)
	if err == nil {
		err = store.Open(context.Background(), token, visitor())
	}
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func keyOf(token string) string {
	name, _ := ParseToken(token)
	return name.document()
}

func TestBasic(t *testing.T) {
	ctx, client := context.Background(), modelClient(t)
	id, err := Open(ctx, client, visitor())
	if err != nil {
		t.Fatal(err)
	}
	client.PExpire(ctx, "session:"+id, time.Minute)
	if found, err := Read(ctx, client, id); err != nil || !reflect.DeepEqual(*found, visitor()) {
		t.Fatalf("read %v, %v", found, err)
	}
	if ttl := client.PTTL(ctx, "session:"+id).Val(); ttl <= 29*time.Minute {
		t.Fatalf("reading did not slide: %v", ttl)
	}
	var tabs sync.WaitGroup
	for n := range 100 {
		tabs.Add(1)
		go func() {
			defer tabs.Done()
			if _, err := AddToCart(ctx, client, id, []string{"livre-0", "livre-1"}[n%2], 1); err != nil {
				t.Error(err)
			}
		}()
	}
	tabs.Wait()
	found, err := Read(ctx, client, id)
	if err != nil || !reflect.DeepEqual(found.Cart, map[string]int{"livre-0": 50, "livre-1": 50}) {
		t.Fatalf("a hundred tabs gave %v, %v", found, err)
	}
	if _, err := AddToCart(ctx, client, id, `x"],$["user`, 1); err == nil {
		t.Fatal("a reference left its brackets")
	}
	Close(ctx, client, id)
	if _, err := Read(ctx, client, id); !errors.Is(err, ErrDead) {
		t.Fatalf("a dead session was read: %v", err)
	}
	if _, err := AddToCart(ctx, client, id, "livre-1", 1); !errors.Is(err, ErrDead) || client.Exists(ctx, "session:"+id).Val() != 0 {
		t.Fatalf("a dead session was written: %v", err)
	}
}

func TestSecretAndShape(t *testing.T) {
	ctx, store := context.Background(), newStore(t, DefaultLifetimes)
	token := opened(t, store, someone())
	if keys := modelClient(t).Keys(ctx, "*"+strings.Split(token, ".")[1]+"*").Val(); len(keys) > 0 {
		t.Fatalf("Redis saw the secret: %v", keys)
	}
	for _, cookie := range []string{"", "a", "a.b", "é." + strings.Repeat("b", 22), "}{." + strings.Repeat("b", 22)} {
		if _, err := store.Touch(ctx, cookie); !errors.Is(err, ErrDead) {
			t.Errorf("%q was taken for a token: %v", cookie, err)
		}
	}
}

func TestSlidesUpToTheDeadline(t *testing.T) {
	ctx := context.Background()
	store := newStore(t, Lifetimes{1500 * time.Millisecond, 3 * time.Second, 0, 20})
	token, start, alive := opened(t, store, someone()), time.Now(), time.Duration(0)
	for {
		if _, err := store.Touch(ctx, token); errors.Is(err, ErrDead) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if alive = time.Since(start); alive > 10*time.Second {
			t.Fatal("a visitor who never stops never leaves")
		}
		time.Sleep(50 * time.Millisecond)
	}
	if alive < 1600*time.Millisecond || alive > 3100*time.Millisecond {
		t.Fatalf("lived %v", alive)
	}
}

func TestNothingResurrects(t *testing.T) {
	ctx, client, store, owner := context.Background(), modelClient(t), newStore(t, DefaultLifetimes), someone()
	token := opened(t, store, owner)
	client.Del(ctx, keyOf(token))
	if _, err := store.AddToCart(ctx, token, "livre-1", 1); !errors.Is(err, ErrDead) {
		t.Error(err)
	}
	if err := store.SetPreference(ctx, token, "theme", "clair"); !errors.Is(err, ErrDead) {
		t.Error(err)
	}
	if _, err := store.Touch(ctx, token); !errors.Is(err, ErrDead) {
		t.Error(err)
	}
	if _, err := store.Rotate(ctx, token); !errors.Is(err, ErrDead) {
		t.Error(err)
	}
	if client.Exists(ctx, keyOf(token), indexKey(owner)).Val() != 0 {
		t.Error("something of the dead session is left")
	}
}

func TestLoginRenamesAndKeepsTheCart(t *testing.T) {
	ctx, store, owner := context.Background(), newStore(t, DefaultLifetimes), someone()
	planted := opened(t, store, someone())
	store.AddToCart(ctx, planted, "livre-1", 2)
	token, _ := NewToken(owner)
	if err := store.Login(ctx, planted, token); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Touch(ctx, planted); !errors.Is(err, ErrDead) {
		t.Fatalf("the old name still works: %v", err)
	}
	found, err := store.Touch(ctx, token)
	if err != nil || *found.User != owner || found.Cart["livre-1"] != 2 {
		t.Fatalf("%v, %v", found, err)
	}
}

func TestRotatingKeepsBothDeadlines(t *testing.T) {
	ctx, client, store, owner := context.Background(), modelClient(t), newStore(t, DefaultLifetimes), someone()
	token := opened(t, store, owner)
	client.PExpire(ctx, keyOf(token), 100*time.Second)
	before := client.ZRangeWithScores(ctx, indexKey(owner), 0, -1).Val()
	renewed, err := store.Rotate(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	after := client.ZRangeWithScores(ctx, indexKey(owner), 0, -1).Val()
	if client.PTTL(ctx, keyOf(renewed)).Val() > 100*time.Second || len(after) != 1 || after[0].Score != before[0].Score {
		t.Fatal("rotating gave time")
	}
	if client.PTTL(ctx, indexKey(owner)).Val() <= 0 {
		t.Fatal("an index emptied by a rotation came back without expiry")
	}
	if _, err := store.Touch(ctx, token); !errors.Is(err, ErrDead) {
		t.Fatalf("the old name still works: %v", err)
	}
}

func TestClosingEverywhere(t *testing.T) {
	ctx, store, owner := context.Background(), newStore(t, DefaultLifetimes), someone()
	tokens := []string{opened(t, store, owner), opened(t, store, owner), opened(t, store, owner)}
	bystander := opened(t, store, someone())
	if listed, err := store.List(ctx, owner); err != nil || len(listed) != 3 || listed[0].Name != "Essai" {
		t.Fatalf("listed %v, %v", listed, err)
	}
	if count, err := store.CloseAll(ctx, owner, tokens[1]); err != nil || count != 2 {
		t.Fatalf("closed %d, %v", count, err)
	}
	for i, token := range append(tokens, bystander) {
		if _, err := store.Touch(ctx, token); errors.Is(err, ErrDead) != (i == 0 || i == 2) {
			t.Errorf("session %d: %v", i, err)
		}
	}
	if count, err := store.CloseAll(ctx, owner, ""); err != nil || count != 1 {
		t.Fatalf("closed %d, %v", count, err)
	}
}

func TestNoRotationOutlivesClosing(t *testing.T) {
	ctx, store := context.Background(), newStore(t, DefaultLifetimes)
	for range 30 {
		owner := someone()
		token := opened(t, store, owner)
		var renewed string
		var both sync.WaitGroup
		both.Add(2)
		go func() { defer both.Done(); store.CloseAll(ctx, owner, "") }()
		go func() { defer both.Done(); renewed, _ = store.Rotate(ctx, token) }()
		both.Wait()
		for _, one := range []string{token, renewed} {
			if _, err := store.Touch(ctx, one); !errors.Is(err, ErrDead) {
				t.Fatalf("a session outlived the closing: %v", err)
			}
		}
	}
}

func TestAnAccountKeepsItsNewest(t *testing.T) {
	ctx, lifetimes, owner := context.Background(), DefaultLifetimes, someone()
	lifetimes.PerOwner = 3
	store := newStore(t, lifetimes)
	var tokens []string
	for range 5 {
		tokens = append(tokens, opened(t, store, owner))
		time.Sleep(3 * time.Millisecond)
	}
	modelClient(t).ScriptFlush(ctx) // et un serveur qui a oublié ses scripts les rapprend
	for i, token := range tokens {
		if _, err := store.Touch(ctx, token); errors.Is(err, ErrDead) != (i < 2) {
			t.Errorf("session %d: %v", i, err)
		}
	}
}
