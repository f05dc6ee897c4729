package main

import (
	"context"

	"github.com/redis/go-redis/v9"
)

type Decision struct {
	// La requête passe-t-elle ?
	Allowed bool `json:"allowed"`
	// Requêtes encore permises dans cette fenêtre : jamais négatif.
	Remaining int64 `json:"remaining"`
	// 0 si la requête passe ; sinon le nombre de millisecondes avant la fin de la fenêtre.
	RetryAfterMs int64 `json:"retryAfterMs"`
}

var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379"})

func allow(ctx context.Context, client string, limit int64, windowMs int64) (Decision, error) {
	// Ce compteur ne sait pas que sa fenêtre a une fin. À vous !
	compte, err := rdb.Incr(ctx, "limite:"+client).Result()
	return Decision{Allowed: compte <= limit, Remaining: limit - compte, RetryAfterMs: windowMs}, err
}
