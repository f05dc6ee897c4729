// Package answer is linked into an answer to a lab, and serves its functions to the host.
package answer

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
)

const (
	descriptor = 3
	largest    = 256 * 1024
	longest    = 2 * 1024 * 1024
	// The learner's file, as the compiler is told to name it.
	file = "answer.go"
)

type request struct {
	Type string            `json:"type"`
	ID   string            `json:"id"`
	Op   string            `json:"op"`
	Args []json.RawMessage `json:"args"`
}

type place struct {
	Where  string `json:"where"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

type failure struct {
	Name    string  `json:"name"`
	Message string  `json:"message"`
	Line    int     `json:"line,omitempty"`
	Column  int     `json:"column,omitempty"`
	Stack   []place `json:"stack"`
	Code    string  `json:"code,omitempty"`
}

var (
	control     *os.File
	writing     sync.Mutex
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
	firstWord   = regexp.MustCompile(`^[A-Z][A-Z0-9_]+`)
)

// Serve answers the host's calls with the functions of an answer, each call on its own goroutine.
func Serve(handlers map[string]any) {
	control = os.NewFile(descriptor, "control")
	send(map[string]any{"type": "ready"})
	lines := bufio.NewScanner(control)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			continue
		}
		switch asked.Type {
		case "load":
			names := make([]string, 0, len(handlers))
			for name := range handlers {
				names = append(names, name)
			}
			slices.Sort(names)
			send(map[string]any{"type": "loaded", "handlers": names})
		case "call":
			go reply(asked, handlers[asked.Op])
		}
	}
}

func reply(asked request, handler any) {
	defer func() {
		if cause := recover(); cause != nil {
			threw(asked.ID, panicked(cause))
		}
	}()
	if handler == nil {
		threw(asked.ID, failure{Name: "error", Message: asked.Op + " is not a function of the answer"})
		return
	}
	value, err := call(reflect.ValueOf(handler), asked.Args)
	if err != nil {
		threw(asked.ID, returned(err))
		return
	}
	text, err := json.Marshal(value)
	if err == nil && len(text) > largest {
		err = fmt.Errorf("the result is %d bytes of JSON; at most %d are taken", len(text), largest)
	}
	if err != nil {
		threw(asked.ID, returned(err))
		return
	}
	send(map[string]any{"type": "result", "id": asked.ID, "value": json.RawMessage(text)})
}

// call gives a function its arguments, made from JSON, and takes its results apart.
func call(function reflect.Value, args []json.RawMessage) (any, error) {
	kind := function.Type()
	var values []reflect.Value
	for n := range kind.NumIn() {
		parameter := kind.In(n)
		if n == 0 && parameter == contextType {
			values = append(values, reflect.ValueOf(context.Background()))
			continue
		}
		value := reflect.New(parameter)
		if len(args) > 0 {
			if err := json.Unmarshal(args[0], value.Interface()); err != nil {
				return nil, err
			}
			args = args[1:]
		}
		values = append(values, value.Elem())
	}
	var results []reflect.Value
	if kind.IsVariadic() {
		results = function.CallSlice(values)
	} else {
		results = function.Call(values)
	}
	if last := len(results) - 1; last >= 0 && kind.Out(last).Implements(errorType) {
		if err, _ := results[last].Interface().(error); err != nil {
			return nil, err
		}
		results = results[:last]
	}
	if len(results) == 0 {
		return nil, nil
	}
	return results[0].Interface(), nil
}

func returned(err error) failure {
	name := strings.TrimPrefix(reflect.TypeOf(err).String(), "*")
	return failure{Name: name, Message: err.Error(), Code: firstWord.FindString(err.Error())}
}

func panicked(cause any) failure {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	found := failure{Name: "panic", Message: fmt.Sprint(cause)}
	for {
		frame, more := frames.Next()
		if filepath.Base(frame.File) == file {
			found.Stack = append(found.Stack, place{strings.TrimPrefix(frame.Function, "main."), frame.Line, 1})
		}
		if !more {
			break
		}
	}
	if len(found.Stack) > 0 {
		found.Line, found.Column = found.Stack[0].Line, 1
	}
	return found
}

func threw(id string, found failure) {
	if found.Stack == nil {
		found.Stack = []place{}
	}
	send(map[string]any{"type": "threw", "id": id, "error": found})
}

func send(frame any) {
	line, err := json.Marshal(frame)
	if err != nil {
		return
	}
	writing.Lock()
	defer writing.Unlock()
	control.Write(append(line, '\n'))
}
