// passed
// GCRA : une seule valeur par client, l'instant où le seau sera plein.
package main

import (
	"context"
	"strconv"

	"github.com/redis/go-redis/v9"
)

type Decision struct {
	Allowed      bool    `json:"allowed"`
	Tokens       float64 `json:"tokens"`
	RetryAfterMs int64   `json:"retryAfterMs"`
}

var rdb = redis.NewClient(&redis.Options{Addr: "localhost:6379"})

var puiser = redis.NewScript(`
    -- L'instant où le seau sera plein dit tout : ce qui manque est ce temps, au débit.
    local capacity, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    local t = redis.call('TIME')
    local now = t[1] * 1000 + t[2] / 1000
    local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
    local n = capacity - (full - now) * rate / 1000
    if cost > capacity then return { 0, tostring(n), -1 } end
    if n < cost then
      if full > now then redis.call('PEXPIRE', KEYS[1], math.ceil(full - now) + 1) end
      return { 0, tostring(n), math.ceil((cost - n) / rate * 1000) }
    end
    full = full + cost / rate * 1000
    redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now) + 1)
    return { 1, tostring(n - cost), 0 }
`)

func take(ctx context.Context, client string, capacity, rate, cost float64) (Decision, error) {
	reponse, err := puiser.Run(ctx, rdb, []string{"seau:" + client}, capacity, rate, cost).Slice()
	if err != nil {
		return Decision{}, err
	}
	jetons, err := strconv.ParseFloat(reponse[1].(string), 64)
	return Decision{reponse[0] == int64(1), jetons, reponse[2].(int64)}, err
}
