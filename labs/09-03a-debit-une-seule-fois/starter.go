package main

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

type Debit struct {
	// "done", "short" ou "failed"
	State string `json:"state"`
	// Solde après ce passage, en centimes ; nil si l'on n'a pas pu débiter.
	Left *int64 `json:"left"`
}

var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379"})

func credit(ctx context.Context, card string, cents int64) error {
	return rdb.IncrBy(ctx, "carte:{"+card+"}", cents).Err()
}

func balance(ctx context.Context, card string) (int64, error) {
	solde, err := rdb.Get(ctx, "carte:{"+card+"}").Int64()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return solde, err
}

func debit(ctx context.Context, card string, cents int64, passage string) (Debit, error) {
	// Et si la réponse se perd ? Et si le même passage arrive deux fois ? Et si Redis ne répond pas ?
	left, err := rdb.DecrBy(ctx, "carte:{"+card+"}", cents).Result()
	return Debit{State: "done", Left: &left}, err
}
