#!/usr/bin/env bash
# Installs the tools that read exported models: ONNX Runtime for Node here, from the lockfile, and NumPy, safetensors and
# ONNX Runtime for Python in a cache outside of the repository. Does nothing where they are there already.
set -euo pipefail
cd "$(dirname "$0")"

# npm writes this file when it is done.
if ! [ node_modules/.package-lock.json -nt package-lock.json ]; then
  # The binaries are in the package; its install script would only fetch those for CUDA.
  npm ci --ignore-scripts --no-audit --no-fund
  touch node_modules/.package-lock.json
fi

python="${XDG_CACHE_HOME:-$HOME/.cache}/starling-interop/formats-python"
if ! cmp -s requirements.txt "$python/requirements.txt"; then
  python3 -m venv --clear "$python"
  "$python/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt
  cp requirements.txt "$python/requirements.txt"
fi
