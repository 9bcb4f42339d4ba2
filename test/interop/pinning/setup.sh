#!/usr/bin/env bash
# Installs the compliance tool of the IPFS Pinning Service API here, from the lockfile and without install scripts, and the
# API's specification in a cache outside of the repository. Kubo comes from ../kubo/setup.sh. Does nothing where they are
# there already.
set -euo pipefail
cd "$(dirname "$0")"

# npm writes this file when it is done.
if ! [ node_modules/.package-lock.json -nt package-lock.json ]; then
  npm ci --ignore-scripts --no-audit --no-fund
  touch node_modules/.package-lock.json
fi

cache="${XDG_CACHE_HOME:-$HOME/.cache}/starling-interop"
spec="$cache/ipfs-pinning-service-1.0.0.yaml"
if ! [ -f "$spec" ]; then
  mkdir -p "$cache"
  curl --fail --silent --show-error --location --output "$spec.part" \
    https://raw.githubusercontent.com/ipfs/pinning-services-api-spec/v1.0.0/ipfs-pinning-service.yaml
  echo "a985452d58a9ecb0c777d2001f967cafd41d7a5d01714931dd4ca735377820c1  $spec.part" | sha256sum --check --quiet
  mv "$spec.part" "$spec"
fi
