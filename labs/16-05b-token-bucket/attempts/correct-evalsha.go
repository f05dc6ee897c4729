// passed
// EVALSHA à la main, et le rattrapage de NOSCRIPT.
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
    local capacity, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    local t = redis.call('TIME')
    local now = t[1] * 1000 + t[2] / 1000
    local b = redis.call('HMGET', KEYS[1], 'n', 'at')
    local n, at = tonumber(b[1]) or capacity, tonumber(b[2]) or now
    n = math.min(capacity, n + (now - at) * rate / 1000)
    if cost > capacity then return { 0, tostring(n), -1 } end
    local ok = n >= cost
    if ok then n = n - cost end
    redis.call('HSET', KEYS[1], 'n', tostring(n), 'at', string.format('%.3f', now))
    redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - n) / rate * 1000) + 1)
    if ok then return { 1, tostring(n), 0 } end
    return { 0, tostring(n), math.ceil((cost - n) / rate * 1000) }
`)

func take(ctx context.Context, client string, capacity, rate, cost float64) (Decision, error) {
	cle := []string{"seau:" + client}
	reponse, err := rdb.EvalSha(ctx, puiser.Hash(), cle, capacity, rate, cost).Slice()
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		reponse, err = puiser.Eval(ctx, rdb, cle, capacity, rate, cost).Slice()
	}
	if err != nil {
		return Decision{}, err
	}
	jetons, err := strconv.ParseFloat(reponse[1].(string), 64)
	return Decision{reponse[0] == int64(1), jetons, reponse[2].(int64)}, err
}
