// passed
// Une chaîne, que des scripts décodent, changent et récrivent d'un bloc.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

type session struct {
	User string           `json:"user"`
	Cart map[string]int64 `json:"cart"`
}

var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379"})

var lire = redis.NewScript(`
    local texte = redis.call('GET', KEYS[1])
    if not texte then return false end
    local t = redis.call('TIME')
    redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), cjson.decode(texte).fin - t[1] * 1000 - math.floor(t[2] / 1000)))
    return texte
`)

var ajouter = redis.NewScript(`
    local texte = redis.call('GET', KEYS[1])
    if not texte then return false end
    local session = cjson.decode(texte)
    session.cart[ARGV[1]] = (session.cart[ARGV[1]] or 0) + ARGV[2]
    redis.call('SET', KEYS[1], cjson.encode(session), 'KEEPTTL')
    return session.cart[ARGV[1]]
`)

// Le panier vide de cjson est une liste : il ne se relit qu'à la main.
type gardee struct {
	User string          `json:"user"`
	Cart json.RawMessage `json:"cart"`
	Fin  int64           `json:"fin"`
}

func open(ctx context.Context, id, user string, idleMs, lifetimeMs int64) error {
	texte, _ := json.Marshal(gardee{user, json.RawMessage("{}"), time.Now().UnixMilli() + lifetimeMs})
	return rdb.Set(ctx, "session:"+id, texte, time.Duration(min(idleMs, lifetimeMs))*time.Millisecond).Err()
}

func read(ctx context.Context, id string, idleMs int64) (*session, error) {
	texte, err := lire.Run(ctx, rdb, []string{"session:" + id}, idleMs).Text()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return decoder(texte), err
}

func decoder(texte string) *session {
	lue := gardee{}
	json.Unmarshal([]byte(texte), &lue)
	trouvee := &session{User: lue.User, Cart: map[string]int64{}}
	json.Unmarshal(lue.Cart, &trouvee.Cart)
	return trouvee
}

func add(ctx context.Context, id, book string, quantity int64) (*int64, error) {
	total, err := ajouter.Run(ctx, rdb, []string{"session:" + id}, book, quantity).Int64()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return &total, err
}
