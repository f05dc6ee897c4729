// Ce que Prometheus sait du cache : ce qu'a vu l'application, et ce que Redis dit de lui-même.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package cache

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
	requests, invalidations, retries *prometheus.CounterVec
	seconds, sql                     prometheus.Histogram
	unsaved                          prometheus.Counter
}

func newMetrics(registry *prometheus.Registry, breaker *Breaker, running, owed func() float64) *metrics {
	counter := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	made := &metrics{
		requests:      counter("cache_requests_total", "Lectures, par origine du résultat.", "from"),
		invalidations: counter("cache_invalidations_total", "Invalidations, par issue.", "outcome"),
		retries:       counter("cache_retries_total", "Essais refaits, par cause.", "failure"),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "cache_request_seconds", Help: "Durée d’une lecture vue par l’appelant.",
			Buckets: []float64{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2},
		}),
		sql: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "cache_sql_seconds", Help: "Durée d’une requête à la base, attente comprise.",
			Buckets: []float64{0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5},
		}),
		unsaved: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cache_unsaved_total", Help: "Résultats calculés que Redis n’a pas gardés.",
		}),
	}
	// Une série qui n'existe pas encore ne vaut pas zéro pour Prometheus : le premier événement passerait inaperçu.
	for _, from := range []string{"fresh", "stale", "computed", "copy", "bypass", "refused"} {
		made.requests.WithLabelValues(from)
	}
	for _, failure := range []Failure{Connection, Timeout, ReadOnly, Busy} {
		made.retries.WithLabelValues(string(failure))
	}
	for _, outcome := range []string{"ok", "owed"} {
		made.invalidations.WithLabelValues(outcome)
	}
	registry.MustRegister(made.requests, made.invalidations, made.retries, made.seconds, made.sql, made.unsaved,
		gauge("cache_sql_running", "Requêtes à la base en cours.", running),
		gauge("cache_invalidations_owed", "Étiquettes que Redis n’a pas encore voulu oublier.", owed),
		gauge("cache_breaker_state", "0 fermé, 1 entrouvert, 2 ouvert.", func() float64 { return float64(breaker.State()) }))
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
		up:     prometheus.NewDesc("cache_redis_up", "1 si Redis a répondu à INFO.", nil, nil),
		fields: map[*regexp.Regexp]*prometheus.Desc{},
	}
	for field, about := range map[string][2]string{
		"used_memory":  {"cache_redis_memory_bytes", "Mémoire employée par Redis."},
		"maxmemory":    {"cache_redis_memory_limit_bytes", "Mémoire que Redis s’autorise."},
		"evicted_keys": {"cache_redis_evicted_keys", "Clés évincées depuis le démarrage."},
		"expired_keys": {"cache_redis_expired_keys", "Clés expirées depuis le démarrage."},
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
