package main

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

type Decision struct {
	// La requête passe-t-elle ?
	Allowed bool `json:"allowed"`
	// Jetons dans le seau après la décision ; une fraction de jeton compte.
	Tokens float64 `json:"tokens"`
	// 0 si la requête passe ; -1 si elle ne passera jamais ; sinon le nombre de millisecondes avant qu'elle passe.
	RetryAfterMs int64 `json:"retryAfterMs"`
}

var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379"})

func take(ctx context.Context, client string, capacity, refillPerSecond, cost float64) (Decision, error) {
	// Un seau plein chaque seconde : c'est une fenêtre fixe, pas un seau de jetons. À vous !
	pris, err := rdb.IncrByFloat(ctx, "seau:"+client, cost).Result()
	rdb.Expire(ctx, "seau:"+client, time.Second)
	attente := int64(cost / refillPerSecond * 1000)
	return Decision{Allowed: pris <= capacity, Tokens: capacity - pris, RetryAfterMs: attente}, err
}
