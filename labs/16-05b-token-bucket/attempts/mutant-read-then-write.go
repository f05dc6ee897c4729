// to-review race=token-taken-twice, burst=burst-miscounted, cost-round-trips=too-many-round-trips, cost-commands=too-many-commands, cost-bytes=too-many-bytes
// Lit le seau, calcule dans la passerelle, puis l'écrit : l'autre passerelle a lu le même seau.
package main

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

type Decision struct {
	Allowed      bool    `json:"allowed"`
	Tokens       float64 `json:"tokens"`
	RetryAfterMs int64   `json:"retryAfterMs"`
}

var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379"})

func take(ctx context.Context, client string, capacity, rate, cost float64) (Decision, error) {
	cle := "seau:" + client
	lecture := rdb.TxPipeline()
	heure := lecture.Time(ctx)
	seau := lecture.HMGet(ctx, cle, "n", "at")
	if _, err := lecture.Exec(ctx); err != nil {
		return Decision{}, err
	}
	maintenant := float64(heure.Val().UnixMicro()) / 1000
	jetons, vu := nombre(seau.Val()[0], capacity), nombre(seau.Val()[1], maintenant)
	jetons = min(capacity, jetons+(maintenant-vu)*rate/1000)
	if cost > capacity {
		return Decision{false, jetons, -1}, nil
	}
	permise := jetons >= cost
	if permise {
		jetons -= cost
	}
	ecriture := rdb.TxPipeline()
	ecriture.HSet(ctx, cle, "n", jetons, "at", strconv.FormatFloat(maintenant, 'f', 3, 64))
	ecriture.PExpire(ctx, cle, time.Duration(math.Ceil((capacity-jetons)/rate*1000)+1)*time.Millisecond)
	_, err := ecriture.Exec(ctx)
	if permise {
		return Decision{true, jetons, 0}, err
	}
	return Decision{false, jetons, int64(math.Ceil((cost - jetons) / rate * 1000))}, err
}

func nombre(valeur any, sinon float64) float64 {
	if texte, existe := valeur.(string); existe {
		sinon, _ = strconv.ParseFloat(texte, 64)
	}
	return sinon
}
