// to-review two-tabs=book-lost, cost-round-trips=too-many-round-trips
// Relit la session, change le panier, récrit le tout : le second onglet efface le premier.
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
	cle := "session:" + id
	texte, err := rdb.Get(ctx, cle).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	lue := gardee{}
	json.Unmarshal(texte, &lue)
	panier := map[string]int64{}
	json.Unmarshal(lue.Cart, &panier)
	panier[book] += quantity
	lue.Cart, _ = json.Marshal(panier)
	texte, _ = json.Marshal(lue)
	total := panier[book]
	if ecrite := rdb.SetXX(ctx, cle, texte, redis.KeepTTL); !ecrite.Val() {
		return nil, ecrite.Err()
	}
	return &total, err
}
