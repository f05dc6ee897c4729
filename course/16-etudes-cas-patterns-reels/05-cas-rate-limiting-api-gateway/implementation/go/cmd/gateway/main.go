// La commande gateway sert deux routes limitées, /metrics et /healthz, jusqu'à SIGTERM.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	ratelimit "rate-limiting"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	config := ratelimit.Defaults()
	if url := os.Getenv("REDIS_URL"); url != "" {
		config.RedisURL = url
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	search := ratelimit.Policy{Algorithm: ratelimit.TokenBucket, Limit: 200, RatePerSecond: 100}
	login := ratelimit.Policy{Algorithm: ratelimit.SlidingLog, Limit: 5, Window: time.Minute}
	routes := []ratelimit.Route{{Name: "recherche", Policy: search}, {Name: "connexion", Policy: login, Closed: true}}
	gateway, err := ratelimit.StartGateway(routes, config, "127.0.0.1:"+port, log)
	if err != nil {
		log.Error("gateway.failed", "error", err)
		os.Exit(1)
	}

	stopping, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	<-stopping.Done()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := gateway.Stop(ctx); err != nil {
		log.Error("gateway.stop", "error", err)
	}
}
