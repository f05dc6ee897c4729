// passed
// Les commandes telles quelles, par Do, dans une transaction : PEXPIRE … NX ne pose l'échéance qu'une fois.
package main

import (
	"context"

	"github.com/redis/go-redis/v9"
)

type reponse struct {
	Allowed      bool  `json:"allowed"`
	Remaining    int64 `json:"remaining"`
	RetryAfterMs int64 `json:"retryAfterMs"`
}

var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379", PoolSize: 4})

func allow(client string, limit int64, windowMs int64) (*reponse, error) {
	ctx := context.Background()
	transaction := rdb.TxPipeline()
	compte := transaction.Do(ctx, "INCR", "rate:"+client)
	transaction.Do(ctx, "PEXPIRE", "rate:"+client, windowMs, "NX")
	reste := transaction.Do(ctx, "PTTL", "rate:"+client)
	if _, err := transaction.Exec(ctx); err != nil {
		return nil, err
	}
	n, _ := compte.Int64()
	r := &reponse{Allowed: n <= limit, Remaining: max(0, limit-n)}
	if !r.Allowed {
		r.RetryAfterMs, _ = reste.Int64()
	}
	return r, nil
}
