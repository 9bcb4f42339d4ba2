#!/usr/bin/env -S node --max-semi-space-size=4 --initial-old-space-size=64
// The flags are those of the demo's peers (node/demo/peer-handle.ts): 100 MB less a peer. V8 takes them at the start only.
// The installed package runs what was built; a checkout runs its sources, which need no build.
import { existsSync } from 'node:fs'

const source = new URL('../node/main.ts', import.meta.url)
await import((existsSync(source) ? source : new URL('../dist/node/main.js', import.meta.url)).href)
