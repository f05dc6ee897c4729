// to-review cut-before=gave-up, cut-after=gave-up, loading=no-patience
// Un seul essai : la moindre coupure refuse le plateau.
package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

type Debit struct {
	State string `json:"state"`
	Left  *int64 `json:"left"`
}

// Les essais sont les nôtres : le client ne renvoie rien de lui-même, et rend la main en 400 ms.
var rdb = redis.NewClient(&redis.Options{
	Addr:            "localhost:6379",
	MaxRetries:      -1,
	DialerRetries:   1,
	DialTimeout:     400 * time.Millisecond,
	ReadTimeout:     400 * time.Millisecond,
	WriteTimeout:    400 * time.Millisecond,
	DisableIdentity: true,
})

var debiter = redis.NewScript(`
    -- KEYS[1] solde   KEYS[2] passage   ARGV[1] montant   ARGV[2] mémoire du passage (ms)
    local reste = redis.call('GET', KEYS[2])
    if reste then return { 'done', tonumber(reste) } end
    local solde = tonumber(redis.call('GET', KEYS[1]) or '0')
    reste = solde - tonumber(ARGV[1])
    if reste < 0 then return { 'short', solde } end
    redis.call('SET', KEYS[2], reste, 'PX', ARGV[2])
    redis.call('SET', KEYS[1], reste)
    return { 'done', reste }
`)

const delai = 0 * time.Millisecond

// Ce que le temps ne guérit pas.
func sansEspoir(err error) bool {
	return strings.HasPrefix(err.Error(), "OOM") || strings.HasPrefix(err.Error(), "NOAUTH")
}

// Essaie jusqu'à la réussite ou la fin du délai ; la pause double, tirée au hasard.
func avecPatience(geste func() error) error {
	limite := time.Now().Add(delai)
	for pause := 40; ; pause = min(300, 2*pause) {
		err := geste()
		if err == nil || sansEspoir(err) {
			return err
		}
		attente := time.Duration(20+rand.IntN(20)+pause) * time.Millisecond
		if time.Now().Add(attente).After(limite) {
			return err
		}
		time.Sleep(attente)
	}
}

func credit(ctx context.Context, card string, cents int64) error {
	return rdb.IncrBy(ctx, "carte:{"+card+"}", cents).Err()
}

func balance(ctx context.Context, card string) (solde int64, err error) {
	err = avecPatience(func() error {
		solde, err = rdb.Get(ctx, "carte:{"+card+"}").Int64()
		if errors.Is(err, redis.Nil) {
			return nil
		}
		return err
	})
	return solde, err
}

func debit(ctx context.Context, card string, cents int64, passage string) Debit {
	// Le passage nomme le débit : le rejouer rend la première réponse.
	cles := []string{"carte:{" + card + "}", "passage:{" + card + "}:" + passage}
	var reponse []any
	err := avecPatience(func() (err error) {
		reponse, err = debiter.Run(ctx, rdb, cles, cents, 86_400_000).Slice()
		return err
	})
	if err != nil {
		return Debit{State: "failed"}
	}
	left := reponse[1].(int64)
	return Debit{State: reponse[0].(string), Left: &left}
}
