// Ce que Prometheus sait des appels à Redis : ce qu'a vu l'application, et ce que Redis dit de ses refus.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package cantine

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
	calls, retries, fallbacks  *prometheus.CounterVec
	seconds                    *prometheus.HistogramVec
	attempts, refused, replays prometheus.Counter
}

func newMetrics(registry *prometheus.Registry, breaker *Breaker) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	labelled := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	made := &metrics{
		calls:     labelled("redis_calls_total", "Appels, par opération et par issue.", "operation", "outcome"),
		retries:   labelled("redis_retries_total", "Essais refaits, par cause.", "failure"),
		fallbacks: labelled("redis_fallbacks_total", "Réponses de repli, par opération.", "operation"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "redis_call_seconds", Help: "Durée vue par l’appelant, essais et pauses compris.",
			Buckets: []float64{0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.25, 0.5, 1, 2},
		}, []string{"operation"}),
		attempts: counter("redis_attempts_total", "Essais partis vers Redis."),
		refused:  counter("redis_retries_refused_total", "Rejeux que le budget a refusés."),
		replays:  counter("redis_replays_total", "Débits reconnus à leur passage."),
	}
	state := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "redis_breaker_state", Help: "0 fermé, 1 entrouvert, 2 ouvert.",
	}, func() float64 { return float64(breaker.State()) })
	// Une série qui n'existe pas encore ne vaut pas zéro pour Prometheus : le premier essai passerait inaperçu.
	for failure, state := range failures {
		if state.passing {
			made.retries.WithLabelValues(string(failure))
		}
	}
	registry.MustRegister(made.calls, made.retries, made.fallbacks, made.seconds, made.attempts, made.refused, made.replays, state)
	return made
}

// redisWatch dit à chaque passage de Prometheus ce qu'INFO sait des refus.
type redisWatch struct {
	client              *redis.Client
	up, clients, errors *prometheus.Desc
}

func newRedisWatch(client *redis.Client) *redisWatch {
	return &redisWatch{
		client:  client,
		up:      prometheus.NewDesc("redis_up", "1 si Redis a répondu à INFO.", nil, nil),
		clients: prometheus.NewDesc("redis_clients", "Connexions ouvertes.", nil, nil),
		errors:  prometheus.NewDesc("redis_server_errors", "Erreurs répondues, par code.", []string{"code"}, nil),
	}
}

func (watch *redisWatch) Describe(found chan<- *prometheus.Desc) {
	found <- watch.up
	found <- watch.clients
	found <- watch.errors
}

func (watch *redisWatch) Collect(found chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	info, err := watch.client.Info(ctx, "everything").Result()
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		found <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	if err != nil {
		gauge(watch.up, 0)
		return
	}
	gauge(watch.up, 1)
	gauge(watch.clients, field(info, `connected_clients:(\d+)`))
	for _, code := range []string{"OOM", "READONLY", "NOAUTH", "NOPERM", "BUSY"} {
		gauge(watch.errors, field(info, `errorstat_`+code+`:count=(\d+)`), code)
	}
}

func field(info, pattern string) float64 {
	found := regexp.MustCompile(`(?m)^` + pattern).FindStringSubmatch(info)
	if found == nil {
		return 0
	}
	value, _ := strconv.ParseFloat(found[1], 64)
	return value
}

// #endregion metriques
