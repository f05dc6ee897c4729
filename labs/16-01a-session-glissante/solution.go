package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/redis/go-redis/v9"
)

type Session struct {
	User string           `json:"user"`
	Cart map[string]int64 `json:"cart"`
}

var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379"})

var ouvrir = redis.NewScript(`
    -- KEYS[1] session   ARGV[1] document   ARGV[2] inactivité (ms)   ARGV[3] durée de vie (ms)
    local t = redis.call('TIME')
    redis.call('JSON.SET', KEYS[1], '$', ARGV[1])
    redis.call('JSON.SET', KEYS[1], '$.deadline', string.format('%d', t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[3]))
    return redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[2]), tonumber(ARGV[3])))
`)

var lire = redis.NewScript(`
    -- KEYS[1] session   ARGV[1] inactivité permise (ms)   → document, ou nil
    local document = redis.call('JSON.GET', KEYS[1])
    if not document then return false end
    local t = redis.call('TIME')
    local reste = redis.call('JSON.GET', KEYS[1], '.deadline') - t[1] * 1000 - math.floor(t[2] / 1000)
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), reste))
    return document
`)

var ajouter = redis.NewScript(`
    -- KEYS[1] session   ARGV[1] chemin du livre   ARGV[2] quantité   → total, ou nil
    if redis.call('EXISTS', KEYS[1]) == 0 then return false end
    redis.call('JSON.SET', KEYS[1], ARGV[1], '0', 'NX')
    return tonumber(redis.call('JSON.NUMINCRBY', KEYS[1], ARGV[1], ARGV[2]))
`)

func open(ctx context.Context, id, user string, idleMs, lifetimeMs int64) error {
	document, err := json.Marshal(Session{User: user, Cart: map[string]int64{}})
	if err != nil {
		return err
	}
	return ouvrir.Run(ctx, rdb, []string{"session:" + id}, document, idleMs, lifetimeMs).Err()
}

func read(ctx context.Context, id string, idleMs int64) (*Session, error) {
	document, err := lire.Run(ctx, rdb, []string{"session:" + id}, idleMs).Text()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	session := &Session{}
	return session, json.Unmarshal([]byte(document), session)
}

func add(ctx context.Context, id, book string, quantity int64) (*int64, error) {
	total, err := ajouter.Run(ctx, rdb, []string{"session:" + id}, `.cart["`+book+`"]`, quantity).Int64()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return &total, err
}
