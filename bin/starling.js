#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=4 --initial-old-space-size=80 --heap-growing-percent=40
// As the demo's peers (node/demo/peer-handle.ts), for models of any size: 100 MB less a peer. V8 takes its flags at the
// start only, and malloc its number of arenas.
// The installed package runs what was built; a checkout runs its sources, which need no build.
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

const source = new URL('../node/main.ts', import.meta.url)
const isCheckout = existsSync(source)

// Compiled code, kept where it goes away with the program, halves the time of a short command; where nobody may write
// nothing is kept. A peer that stays would hold what it loads from there: a pinner 213 MB instead of 198.
const isLong = process.argv.slice(2).some((word) => ['demo', 'join', 'start'].includes(word))
const cache = new URL(isCheckout ? '../node_modules/.cache/starling' : '../.cache', import.meta.url)
if (!isLong) enableCompileCache(fileURLToPath(cache))

await import((isCheckout ? source : new URL('../dist/node/main.js', import.meta.url)).href)
