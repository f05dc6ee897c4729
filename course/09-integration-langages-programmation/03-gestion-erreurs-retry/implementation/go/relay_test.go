package cantine

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
)

// relay est un câble devant Redis : les `cuts` prochaines réponses n'arrivent pas, la connexion se coupe à leur place.
type relay struct {
	url  string
	cuts atomic.Int32
}

func startRelay(t *testing.T, url string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	one := &relay{url: "redis://" + listener.Addr().String()}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", strings.TrimPrefix(url, "redis://"))
			if err != nil {
				near.Close()
				continue
			}
			go func() { io.Copy(far, near); far.Close() }()
			go one.answer(far, near)
		}
	}()
	return one
}

func (one *relay) answer(far, near net.Conn) {
	defer far.Close()
	defer near.Close()
	buffer := make([]byte, 65536)
	for {
		count, err := far.Read(buffer)
		if err != nil {
			return
		}
		// Une réponse de commande : un entier ou un tableau. Les politesses de connexion commencent autrement.
		if (buffer[0] == ':' || buffer[0] == '*') && one.cuts.Load() > 0 {
			one.cuts.Add(-1)
			return
		}
		if _, err := near.Write(buffer[:count]); err != nil {
			return
		}
	}
}
