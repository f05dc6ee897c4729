// to-review after-reply=work-after-reply, cost-round-trips=too-many-round-trips?, cost-commands=too-many-commands?
// Répond d'abord, écrit encore ensuite dans une goroutine : la réponse est rapide, mais le travail n'est pas fait.
package main

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

type reponse struct {
	Allowed      bool  `json:"allowed"`
	Remaining    int64 `json:"remaining"`
	RetryAfterMs int64 `json:"retryAfterMs"`
}

var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379"})

func allow(ctx context.Context, client string, limit int64, windowMs int64) (reponse, error) {
	cle := "limite:" + client
	transaction := rdb.TxPipeline()
	transaction.SetNX(ctx, cle, 0, time.Duration(windowMs)*time.Millisecond)
	compte := transaction.Incr(ctx, cle)
	reste := transaction.PTTL(ctx, cle)
	_, err := transaction.Exec(ctx)
	go func() {
		time.Sleep(2 * time.Millisecond)
		rdb.Set(ctx, "derniere-requete", time.Now().Unix(), time.Second)
	}()
	if compte.Val() > limit {
		return reponse{RetryAfterMs: reste.Val().Milliseconds()}, err
	}
	return reponse{Allowed: true, Remaining: limit - compte.Val()}, err
}
