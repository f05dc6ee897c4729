// to-review killed-between=eternal-key-after-death, cost-round-trips=too-many-round-trips
// INCR, puis PEXPIRE si le compte vaut 1 : la passerelle qui meurt entre les deux bloque le client pour toujours.
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
	compte := transaction.Incr(ctx, cle)
	reste := transaction.PTTL(ctx, cle)
	if _, err := transaction.Exec(ctx); err != nil {
		return reponse{}, err
	}
	if compte.Val() == 1 {
		rdb.PExpire(ctx, cle, time.Duration(windowMs)*time.Millisecond)
	}
	if compte.Val() > limit {
		return reponse{RetryAfterMs: reste.Val().Milliseconds()}, nil
	}
	return reponse{Allowed: true, Remaining: limit - compte.Val()}, nil
}
