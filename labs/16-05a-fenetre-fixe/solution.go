package main

import (
	"context"

	"github.com/redis/go-redis/v9"
)

type Decision struct {
	Allowed      bool  `json:"allowed"`
	Remaining    int64 `json:"remaining"`
	RetryAfterMs int64 `json:"retryAfterMs"`
}

var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379"})

// Un script est exécuté d'un bloc : aucune autre commande ne passe entre INCR et PEXPIRE.
var fenetreFixe = redis.NewScript(`
    -- KEYS[1] compteur du client   ARGV[1] durée de la fenêtre (ms)   → {compte, reste de la fenêtre (ms)}
    local compte = redis.call('INCR', KEYS[1])
    if compte == 1 then
      redis.call('PEXPIRE', KEYS[1], ARGV[1])
    end
    return { compte, redis.call('PTTL', KEYS[1]) }
`)

func allow(ctx context.Context, client string, limit int64, windowMs int64) (Decision, error) {
	reponse, err := fenetreFixe.Run(ctx, rdb, []string{"limite:" + client}, windowMs).Int64Slice()
	if err != nil {
		return Decision{}, err
	}
	compte, resteMs := reponse[0], reponse[1]
	if compte <= limit {
		return Decision{Allowed: true, Remaining: limit - compte}, nil
	}
	return Decision{RetryAfterMs: resteMs}, nil
}
