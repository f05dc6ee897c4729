// Ce que Prometheus sait du classement : ce qu'a vu l'application, et ce que Redis dit de lui-même.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package leaderboard

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// #region metriques

type metrics struct {
	operations     *prometheus.CounterVec
	seconds        *prometheus.HistogramVec
	retries        *prometheus.CounterVec
	stale, dropped prometheus.Counter
	players        *prometheus.GaugeVec
}

func newMetrics(registry *prometheus.Registry, breaker *Breaker, waiting func() int) *metrics {
	made := &metrics{
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leaderboard_operations_total", Help: "Opérations, par nom et par issue.",
		}, []string{"operation", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "leaderboard_operation_seconds", Help: "Durée vue par l’appelant, essais compris.",
			Buckets: []float64{0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 2, 6},
		}, []string{"operation"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leaderboard_retries_total", Help: "Essais refaits, par cause.",
		}, []string{"failure"}),
		stale: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "leaderboard_stale_served_total", Help: "Pages servies d’une copie locale.",
		}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "leaderboard_dropped_scores_total", Help: "Scores abandonnés, réserve pleine.",
		}),
		players: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "leaderboard_players", Help: "Joueurs classés, par période.",
		}, []string{"period"}),
	}
	state := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "leaderboard_breaker_state", Help: "0 fermé, 1 entrouvert, 2 ouvert.",
	}, func() float64 { return float64(breaker.State()) })
	pending := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "leaderboard_pending_scores", Help: "Scores gardés en attendant que Redis revienne.",
	}, func() float64 { return float64(waiting()) })
	// Une série qui n'existe pas encore ne vaut pas zéro pour Prometheus : le premier essai passerait inaperçu.
	for _, failure := range []Failure{Connection, Timeout, ReadOnly, Busy} {
		made.retries.WithLabelValues(string(failure))
	}
	registry.MustRegister(made.operations, made.seconds, made.retries, made.stale, made.dropped, made.players, pending, state)
	return made
}

// redisWatch dit à chaque passage de Prometheus ce qu'INFO sait de la mémoire et des clés.
type redisWatch struct {
	client redis.UniversalClient
	up     *prometheus.Desc
	fields map[*regexp.Regexp]*prometheus.Desc
}

func newRedisWatch(client redis.UniversalClient) *redisWatch {
	watch := &redisWatch{
		client: client,
		up:     prometheus.NewDesc("leaderboard_redis_up", "1 si Redis a répondu à INFO.", nil, nil),
		fields: map[*regexp.Regexp]*prometheus.Desc{},
	}
	for field, about := range map[string][2]string{
		"used_memory":       {"leaderboard_redis_memory_bytes", "Mémoire employée par Redis."},
		"maxmemory":         {"leaderboard_redis_memory_limit_bytes", "Mémoire que Redis s’autorise."},
		"expired_keys":      {"leaderboard_redis_expired_keys", "Clés expirées depuis le démarrage."},
		"evicted_keys":      {"leaderboard_redis_evicted_keys", "Clés évincées : autant de classements perdus."},
		"connected_clients": {"leaderboard_redis_clients", "Connexions ouvertes."},
	} {
		line := regexp.MustCompile(`(?m)^` + field + `:(\d+)`)
		watch.fields[line] = prometheus.NewDesc(about[0], about[1], nil, nil)
	}
	return watch
}

func (watch *redisWatch) Describe(descriptions chan<- *prometheus.Desc) {
	prometheus.DescribeByCollect(watch, descriptions)
}

func (watch *redisWatch) Collect(found chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	info, err := watch.client.Info(ctx).Result()
	up := 1.0
	if err != nil {
		up = 0
	}
	found <- prometheus.MustNewConstMetric(watch.up, prometheus.GaugeValue, up)
	for line, description := range watch.fields {
		if match := line.FindStringSubmatch(info); match != nil {
			value, _ := strconv.ParseFloat(match[1], 64)
			found <- prometheus.MustNewConstMetric(description, prometheus.GaugeValue, value)
		}
	}
}

// #endregion metriques
