// Package scripts porte les scripts Lua dans le binaire Go.
package scripts

import "embed"

// Files contient chaque script sous son nom de fichier.
//
//go:embed *.lua
var Files embed.FS
