//go:build packages

// Package packages names what a Go cell may import beyond the standard library.
package packages

import _ "github.com/redis/go-redis/v9"
