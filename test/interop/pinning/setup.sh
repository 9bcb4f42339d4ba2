#!/usr/bin/env bash
# Installs the compliance tool of the IPFS Pinning Service API here, from the lockfile and without install scripts. Kubo comes
# from ../kubo/setup.sh. Does nothing where it is there already.
set -euo pipefail
cd "$(dirname "$0")"

# npm writes this file when it is done.
if ! [ node_modules/.package-lock.json -nt package-lock.json ]; then
  npm ci --ignore-scripts --no-audit --no-fund
  touch node_modules/.package-lock.json
fi
