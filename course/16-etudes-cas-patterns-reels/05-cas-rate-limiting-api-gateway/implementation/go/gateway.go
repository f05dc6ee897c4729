package ratelimit

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/redis/go-redis/v9"
)

// #region passerelle

// Gateway place chaque route derrière sa garde, et ajoute /metrics et /healthz.
type Gateway struct {
	Addr   string
	rdb    *redis.Client
	guards map[string]*Guard
	server *http.Server
	log    *slog.Logger
}

// StartGateway écoute sur addr, par exemple "127.0.0.1:8080".
func StartGateway(routes []Route, config Configuration, addr string, log *slog.Logger) (*Gateway, error) {
	rdb, err := Connect(config)
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	metrics := NewMetrics(registry)
	g := &Gateway{rdb: rdb, guards: map[string]*Guard{}, log: log}
	for _, route := range routes {
		if g.guards[route.Name], err = NewGuard(route, rdb, config, metrics, log); err != nil {
			return nil, err
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/healthz", g.health)
	mux.HandleFunc("/", g.answer)
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	g.Addr = listener.Addr().String()
	g.server = &http.Server{Handler: mux}
	go func() {
		if err := g.server.Serve(listener); err != http.ErrServerClosed {
			log.Error("gateway.failed", "error", err)
		}
	}()
	return g, nil
}

// Stop n'accepte plus d'entrée, attend les décisions en cours et ferme les connexions.
func (g *Gateway) Stop(ctx context.Context) error {
	err := g.server.Shutdown(ctx)
	if closing := g.rdb.Close(); err == nil {
		err = closing
	}
	g.log.Info("gateway.stopped")
	return err
}

func (g *Gateway) answer(w http.ResponseWriter, r *http.Request) {
	guard, known := g.guards[strings.Trim(r.URL.Path, "/")]
	if !known {
		http.NotFound(w, r)
		return
	}
	client := r.Header.Get("X-API-Key")
	if client == "" {
		client, _, _ = net.SplitHostPort(r.RemoteAddr)
	}
	answer, err := guard.Check(r.Context(), client, 1)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	status := HTTPAnswer(answer.Decision, guard.Route.Policy, w.Header())
	if answer.Source == "closed" {
		status = http.StatusServiceUnavailable
	}
	w.WriteHeader(status)
}

func (g *Gateway) health(w http.ResponseWriter, _ *http.Request) {
	degraded := false
	for _, guard := range g.guards {
		degraded = degraded || guard.Degraded()
	}
	_ = json.NewEncoder(w).Encode(map[string]bool{"degraded": degraded})
}

// #endregion passerelle
