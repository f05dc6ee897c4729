// passed
// MULTI : TxPipelined met les trois commandes dans une transaction.
package main

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379"})

func allow(ctx context.Context, client string, limit int64, windowMs int64) (map[string]any, error) {
	cle := "limite:" + client
	var compte *redis.IntCmd
	var reste *redis.DurationCmd
	_, err := rdb.TxPipelined(ctx, func(transaction redis.Pipeliner) error {
		transaction.SetNX(ctx, cle, 0, time.Duration(windowMs)*time.Millisecond)
		compte = transaction.Incr(ctx, cle)
		reste = transaction.PTTL(ctx, cle)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if compte.Val() > limit {
		return map[string]any{"allowed": false, "remaining": 0, "retryAfterMs": reste.Val().Milliseconds()}, nil
	}
	return map[string]any{"allowed": true, "remaining": limit - compte.Val(), "retryAfterMs": 0}, nil
}
