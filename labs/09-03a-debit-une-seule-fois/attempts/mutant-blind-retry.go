// to-review same-twice=debited-twice
// Rejoue DECRBY sans lui donner de nom.
package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

type Debit struct {
	State string `json:"state"`
	Left  *int64 `json:"left"`
}

// Les essais sont les nôtres : le client ne renvoie rien de lui-même, et rend la main en 400 ms.
var rdb = redis.NewClient(&redis.Options{
	Addr:            "localhost:6379",
	MaxRetries:      -1,
	DialerRetries:   1,
	DialTimeout:     400 * time.Millisecond,
	ReadTimeout:     400 * time.Millisecond,
	WriteTimeout:    400 * time.Millisecond,
	DisableIdentity: true,
})

const delai = 1100 * time.Millisecond

// Ce que le temps ne guérit pas.
func sansEspoir(err error) bool {
	return strings.HasPrefix(err.Error(), "OOM") || strings.HasPrefix(err.Error(), "NOAUTH")
}

// Essaie jusqu'à la réussite ou la fin du délai ; la pause double, tirée au hasard.
func avecPatience(geste func() error) error {
	limite := time.Now().Add(delai)
	for pause := 40; ; pause = min(300, 2*pause) {
		err := geste()
		if err == nil || sansEspoir(err) {
			return err
		}
		attente := time.Duration(20+rand.IntN(20)+pause) * time.Millisecond
		if time.Now().Add(attente).After(limite) {
			return err
		}
		time.Sleep(attente)
	}
}

func credit(ctx context.Context, card string, cents int64) error {
	return rdb.IncrBy(ctx, "carte:{"+card+"}", cents).Err()
}

func balance(ctx context.Context, card string) (solde int64, err error) {
	err = avecPatience(func() error {
		solde, err = rdb.Get(ctx, "carte:{"+card+"}").Int64()
		if errors.Is(err, redis.Nil) {
			return nil
		}
		return err
	})
	return solde, err
}

func debit(ctx context.Context, card string, cents int64, passage string) Debit {
	carte := "carte:{" + card + "}"
	rendu := Debit{State: "failed"}
	avecPatience(func() error {
		solde, err := rdb.Get(ctx, carte).Int64()
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		if solde < cents {
			rendu = Debit{State: "short", Left: &solde}
			return nil
		}
		left, err := rdb.DecrBy(ctx, carte, cents).Result()
		if err == nil {
			rendu = Debit{State: "done", Left: &left}
		}
		return err
	})
	return rendu
}
