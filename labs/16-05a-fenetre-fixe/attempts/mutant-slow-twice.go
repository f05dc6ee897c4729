// to-review latency=too-slow
// Deux fois plus lent que nécessaire : après la réponse de Redis, attend encore aussi longtemps qu'elle a duré.
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
	debut := time.Now()
	cle := "limite:" + client
	transaction := rdb.TxPipeline()
	transaction.SetNX(ctx, cle, 0, time.Duration(windowMs)*time.Millisecond)
	compte := transaction.Incr(ctx, cle)
	reste := transaction.PTTL(ctx, cle)
	_, err := transaction.Exec(ctx)
	for fin := time.Now().Add(time.Since(debut)); time.Now().Before(fin); {
	}
	if compte.Val() > limit {
		return reponse{RetryAfterMs: reste.Val().Milliseconds()}, err
	}
	return reponse{Allowed: true, Remaining: limit - compte.Val()}, err
}
