const INTERRUPTED = 130

const steps = new Set<() => void>()

/**
 * Does something when this process ends, by Ctrl-C and SIGTERM too: no peer and no mount outlives a campaign. What the
 * step does must be done when it returns. Call what comes back when the step is no longer needed.
 */
export function atExit(step: () => void): () => void {
  listen()
  steps.add(step)
  return () => void steps.delete(step)
}

let isListening = false

function listen(): void {
  if (isListening) return
  isListening = true
  process.on('exit', () => {
    for (const step of [...steps].reverse()) {
      try {
        step()
      } catch {
        // What is gone already needs no end, and the others still do.
      }
    }
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(INTERRUPTED))
}
