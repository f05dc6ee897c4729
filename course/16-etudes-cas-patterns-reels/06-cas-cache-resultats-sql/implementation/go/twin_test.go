package cache

import (
	"context"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// modelURL est le serveur prêté aux essais ; on n'y change aucun réglage.
func modelURL() string {
	if url := os.Getenv("REDIS_URL"); url != "" {
		return url
	}
	return "redis://localhost:6379"
}

func modelClient(t *testing.T) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(modelURL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	return client
}

// twin est un Redis jumeau de celui de REDIS_URL, que l'on peut tuer, geler, rétrograder et remplir.
type twin struct {
	t       *testing.T
	url     string
	command []string
	process *exec.Cmd
	admin   *redis.Client
}

func startTwin(t *testing.T) *twin {
	t.Helper()
	ctx, model := context.Background(), modelClient(t)
	program := "redis-server"
	if found := regexp.MustCompile(`(?m)^executable:(.+?)\r?$`).FindStringSubmatch(model.Info(ctx, "server").Val()); found != nil {
		program = found[1]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	listener.Close()
	command := []string{program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir()}
	for _, module := range modulePaths(model.Do(ctx, "MODULE", "LIST").Val()) {
		command = append(command, "--loadmodule", module)
	}
	one := &twin{t: t, url: "redis://127.0.0.1:" + port, command: command}
	one.admin = redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port, MaxRetries: -1})
	t.Cleanup(func() { one.admin.Close(); one.kill() })
	one.start()
	return one
}

// modulePaths trouve les bibliothèques dans la réponse de MODULE LIST, quel que soit le protocole.
func modulePaths(value any) []string {
	switch value := value.(type) {
	case string:
		if len(value) > 3 && value[len(value)-3:] == ".so" {
			return []string{value}
		}
	case []any:
		var paths []string
		for _, inner := range value {
			paths = append(paths, modulePaths(inner)...)
		}
		return paths
	case map[any]any:
		var paths []string
		for _, inner := range value {
			paths = append(paths, modulePaths(inner)...)
		}
		return paths
	}
	return nil
}

func (one *twin) start() {
	one.t.Helper()
	one.process = exec.Command(one.command[0], one.command[1:]...)
	if err := one.process.Start(); err != nil {
		one.t.Fatal(err)
	}
	until(one.t, func() bool { return one.admin.Ping(context.Background()).Err() == nil })
}

func (one *twin) kill() {
	one.process.Process.Kill()
	one.process.Wait()
}

func (one *twin) freeze() { one.process.Process.Signal(syscall.SIGSTOP) }
func (one *twin) thaw()   { one.process.Process.Signal(syscall.SIGCONT) }

// until attend qu'une condition soit vraie.
func until(t *testing.T, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the awaited condition never came")
		}
	}
}
