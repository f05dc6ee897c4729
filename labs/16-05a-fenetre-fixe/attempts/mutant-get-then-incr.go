// to-review race=both-allowed, burst=burst-miscounted, cost-round-trips=too-many-round-trips, cost-commands=too-many-commands
// Lit le compteur, décide, puis l'incrémente : deux passerelles lisent la même valeur.
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
	lecture := rdb.TxPipeline()
	valeur := lecture.Get(ctx, cle)
	reste := lecture.PTTL(ctx, cle)
	if _, err := lecture.Exec(ctx); err != nil && err != redis.Nil {
		return reponse{}, err
	}
	compte, _ := valeur.Int64()
	if compte >= limit {
		return reponse{RetryAfterMs: reste.Val().Milliseconds()}, nil
	}
	ecriture := rdb.TxPipeline()
	ecriture.SetNX(ctx, cle, 0, time.Duration(windowMs)*time.Millisecond)
	ecriture.Incr(ctx, cle)
	_, err := ecriture.Exec(ctx)
	return reponse{Allowed: true, Remaining: limit - compte - 1}, err
}
