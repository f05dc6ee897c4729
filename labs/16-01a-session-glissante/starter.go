package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

type Session struct {
	User string `json:"user"`
	// Référence du livre → quantité.
	Cart map[string]int64 `json:"cart"`
}

var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379"})

func open(ctx context.Context, id, user string, idleMs, lifetimeMs int64) error {
	// Une chaîne, que l'on récrit tout entière. À vous de trouver mieux !
	texte, _ := json.Marshal(Session{User: user, Cart: map[string]int64{}})
	return rdb.Set(ctx, "session:"+id, texte, time.Duration(min(idleMs, lifetimeMs))*time.Millisecond).Err()
}

func read(ctx context.Context, id string, idleMs int64) (*Session, error) {
	texte, err := rdb.Get(ctx, "session:"+id).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	session := Session{Cart: map[string]int64{}}
	json.Unmarshal(texte, &session)
	return &session, err
}

func add(ctx context.Context, id, book string, quantity int64) (*int64, error) {
	session := Session{Cart: map[string]int64{}}
	texte, _ := rdb.Get(ctx, "session:"+id).Bytes()
	json.Unmarshal(texte, &session)
	session.Cart[book] += quantity
	texte, _ = json.Marshal(session)
	total := session.Cart[book]
	return &total, rdb.Set(ctx, "session:"+id, texte, 0).Err()
}
