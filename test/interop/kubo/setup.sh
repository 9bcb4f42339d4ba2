#!/usr/bin/env bash
# Makes Kubo ready for the interop suite and prints where it is: $KUBO_BINARY when that is set, else the binary in the
# cache, else one that is built into the cache with Go from the module proxy (two to ten minutes). May be run again at
# any time.
set -euo pipefail

version=0.43.0
binary=${XDG_CACHE_HOME:-$HOME/.cache}/starling-interop/ipfs

fail() {
  echo "kubo setup: $1" >&2
  exit 1
}

if [[ -n ${KUBO_BINARY:-} ]]; then
  [[ -x $KUBO_BINARY ]] || fail "KUBO_BINARY is $KUBO_BINARY, which is no program: name the ipfs binary, or unset it"
  echo "$KUBO_BINARY"
  exit
fi

if [[ -x $binary && $("$binary" version --number) == "$version" ]]; then
  echo "$binary"
  exit
fi

command -v go > /dev/null ||
  fail "Kubo $version is not in the cache and Go is not installed: install Go (https://go.dev/dl), or set KUBO_BINARY"

mkdir -p "$(dirname "$binary")"
build=$(mktemp -d)
trap 'chmod -R u+w "$build" && rm -rf "$build"' EXIT

# A module of its own that requires Kubo: `go install …@version` first asks for a list of all versions, which not every
# module proxy serves. -trimpath and -s -w leave out paths of this machine and debugging tables, half of the size.
cd "$build"
go mod init kubo-for-starling 2> /dev/null
go mod edit -require="github.com/ipfs/kubo@v$version"
GOFLAGS=-mod=mod go build -trimpath -ldflags='-s -w' -o "$binary.new" github.com/ipfs/kubo/cmd/ipfs ||
  fail "Kubo $version did not build: see above, or set KUBO_BINARY to a binary from https://dist.ipfs.tech/#kubo"
mv "$binary.new" "$binary"
echo "$binary"
