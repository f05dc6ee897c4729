// Package opener is linked into every Go program of a learner, and opens the Redis ports for the host.
package opener

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

const redisPort = "6379"

// Node's own way of passing a server over an IPC channel: this line, and the socket beside it.
const listening = `{"cmd":"NODE_HANDLE","type":"net.Server","msg":"listen"}` + "\n"

// init runs before anything of the learner's; the box keeps no copy of the socket, or it would take
// connections that are meant for the tap.
func init() {
	channel, err := strconv.Atoi(os.Getenv("NODE_CHANNEL_FD"))
	if err != nil {
		return
	}
	os.Unsetenv("NODE_CHANNEL_FD")
	os.Unsetenv("NODE_CHANNEL_SERIALIZATION_MODE")
	ports := os.Getenv("ATELIER_PORTS")
	os.Unsetenv("ATELIER_PORTS")
	if ports == "" {
		ports = redisPort
	}
	defer syscall.Close(channel)
	for _, port := range strings.Split(ports, ",") {
		if err := handOver(channel, port); err != nil {
			os.Stderr.WriteString("opener: the Redis port cannot be opened: " + err.Error() + "\n")
			os.Exit(70)
		}
	}
}

func handOver(channel int, port string) error {
	number, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	server, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(server)
	if err := syscall.SetsockoptInt(server, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return err
	}
	address := &syscall.SockaddrInet4{Port: number, Addr: [4]byte{127, 0, 0, 1}}
	if err := syscall.Bind(server, address); err != nil {
		return err
	}
	if err := syscall.Listen(server, 128); err != nil {
		return err
	}
	if err := syscall.SetNonblock(channel, false); err != nil {
		return err
	}
	if err := syscall.Sendmsg(channel, []byte(listening), syscall.UnixRights(server), nil, 0); err != nil {
		return err
	}
	// The host's acknowledgement: closing before it would make the host write to nobody.
	_, err = syscall.Read(channel, make([]byte, 4096))
	return err
}
