#!/bin/sh
# Compiles, once, the archives of everything that a Go cell may import: the standard library, go-redis and
# what is linked into every program. Usage: prepare.sh FOLDER; it holds toolchain/ (else Go comes from
# PATH) and gets archives/: the files, and importcfg, which names them as the compiler's box sees them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(cd "$1" && pwd)
export PATH="$folder/toolchain/bin:$PATH" GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0
export GOFLAGS='-mod=readonly -trimpath -buildvcs=false'
export GOMODCACHE="$folder/modules" GOCACHE="$folder/build"
new=$(mktemp -d "$folder/archives-XXXXXX")
trap 'rm -rf "$new"' EXIT
cd "$here"
go list -export -deps -gcflags=all=-dwarf=false -f '{{if .Export}}{{.ImportPath}} {{.Export}}{{end}}' \
  std ./opener ./answer github.com/redis/go-redis/v9 >"$new/list"
count=0
while read -r package archive; do
  count=$((count + 1))
  cp "$archive" "$new/$count.a"
  echo "packagefile $package=/go/archives/$count.a" >>"$new/importcfg"
done <"$new/list"
rm "$new/list"
chmod -R a+rX,u+w "$new"
rm -rf "$folder/archives" "$folder/build"
mv "$new" "$folder/archives"
trap - EXIT
