// to-review dies=dead-answered, closed-by-hand=dead-answered
// Augmente le champ sans se demander si la session existe : HINCRBY la recrée, sans échéance.
package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

type session struct {
	User string           `json:"user"`
	Cart map[string]int64 `json:"cart"`
}

var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379"})

var lire = redis.NewScript(`
    local fin = redis.call('HGET', KEYS[1], 'fin')
    if not fin then return false end
    local t = redis.call('TIME')
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), fin - t[1] * 1000 - math.floor(t[2] / 1000)))
    return redis.call('HGETALL', KEYS[1])
`)

func open(ctx context.Context, id, user string, idleMs, lifetimeMs int64) error {
	cle := "session:" + id
	_, err := rdb.TxPipelined(ctx, func(transaction redis.Pipeliner) error {
		transaction.Del(ctx, cle)
		transaction.HSet(ctx, cle, "user", user, "fin", time.Now().UnixMilli()+lifetimeMs)
		transaction.PExpire(ctx, cle, time.Duration(min(idleMs, lifetimeMs))*time.Millisecond)
		return nil
	})
	return err
}

func read(ctx context.Context, id string, idleMs int64) (*session, error) {
	plat, err := lire.Run(ctx, rdb, []string{"session:" + id}, idleMs).StringSlice()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	trouvee := &session{Cart: map[string]int64{}}
	for n := 0; n+1 < len(plat); n += 2 {
		if plat[n] == "user" {
			trouvee.User = plat[n+1]
		} else if livre, est := strings.CutPrefix(plat[n], "livre:"); est {
			trouvee.Cart[livre], _ = strconv.ParseInt(plat[n+1], 10, 64)
		}
	}
	return trouvee, err
}

func add(ctx context.Context, id, book string, quantity int64) (int64, error) {
	return rdb.HIncrBy(ctx, "session:"+id, "livre:"+book, quantity).Result()
}
