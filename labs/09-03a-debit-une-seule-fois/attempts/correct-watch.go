// passed
// Sans script : WATCH sur la carte et sur le passage, puis une transaction.
package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
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
	return strings.Contains(err.Error(), "OOM") || strings.Contains(err.Error(), "NOAUTH")
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
	carte, trace := "carte:{"+card+"}", "passage:{"+card+"}:"+passage
	rendu := Debit{}
	geste := func(tx *redis.Tx) error {
		lus, err := tx.MGet(ctx, carte, trace).Result()
		if err != nil {
			return err
		}
		if deja, est := lus[1].(string); est {
			left, _ := strconv.ParseInt(deja, 10, 64)
			rendu = Debit{State: "done", Left: &left}
			return nil
		}
		lu, _ := lus[0].(string)
		solde, _ := strconv.ParseInt(lu, 10, 64)
		if solde < cents {
			rendu = Debit{State: "short", Left: &solde}
			return nil
		}
		left := solde - cents
		commandes, err := tx.TxPipelined(ctx, func(transaction redis.Pipeliner) error {
			transaction.Set(ctx, trace, left, 24*time.Hour)
			transaction.Set(ctx, carte, left, 0)
			return nil
		})
		rendu = Debit{State: "done", Left: &left}
		if err != nil {
			// EXEC dit seulement que la transaction est annulée ; sa première commande dit pourquoi.
			return errors.Join(err, commandes[0].Err())
		}
		return nil
	}
	// TxFailedErr : une autre caisse est passée, on recommence.
	if avecPatience(func() error { return rdb.Watch(ctx, geste, carte, trace) }) != nil {
		return Debit{State: "failed"}
	}
	return rendu
}
