package ratelimit

import (
	"fmt"
	"math/rand"
	"net"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"
)

// relay est un relais TCP devant le vrai Redis, que les tests coupent, figent et rétablissent.
type relay struct {
	target   string
	addr     string
	stalled  atomic.Bool
	mu       sync.Mutex
	listener net.Listener
	sockets  []net.Conn
}

func redisURL() string {
	if u := os.Getenv("REDIS_URL"); u != "" {
		return u
	}
	return "redis://localhost:6379"
}

func openRelay(t *testing.T) *relay {
	t.Helper()
	target, err := url.Parse(redisURL())
	if err != nil {
		t.Fatal(err)
	}
	// Sous la plage que le système prête aux connexions sortantes : entre deux ouvertures, personne ne le prend.
	r := &relay{target: target.Host, addr: fmt.Sprintf("127.0.0.1:%d", 20_000+rand.Intn(10_000))}
	r.open(t)
	t.Cleanup(r.cut)
	return r
}

// open écoute, sur le même port que la fois précédente.
func (r *relay) open(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	r.listener = listener
	r.mu.Unlock()
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", r.target)
			if err != nil {
				near.Close()
				continue
			}
			r.mu.Lock()
			current := r.listener == listener
			r.sockets = append(r.sockets, near, far)
			r.mu.Unlock()
			if !current { // accepté juste avant la coupure
				near.Close()
				far.Close()
				continue
			}
			go r.pump(near, far)
			go r.pump(far, near)
		}
	}()
}

// cut : Redis est mort, connexions coupées, port fermé.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener == nil {
		return
	}
	r.listener.Close()
	r.listener = nil
	for _, socket := range r.sockets {
		socket.Close()
	}
	r.sockets = nil
}

func (r *relay) pump(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if !r.stalled.Load() {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
	}
}

func dial(t *testing.T) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(redisURL())
	if err != nil {
		t.Fatal(err)
	}
	rdb := redis.NewClient(options)
	t.Cleanup(func() { rdb.Close() })
	return rdb
}
