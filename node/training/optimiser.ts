import type { TrainingPlan } from '../../protocols/envelope/index.ts'

export type OptimiserKind = TrainingPlan['optimiser']

/**
 * Plain: w -= rate * g. Momentum: v = momentum * v + g, then w -= rate * v (Sutskever et al. 2013, without lookahead).
 * Adam: Kingma & Ba 2015, algorithm 1. What an optimiser remembers starts at zero, lives as long as the optimiser, and is
 * never sent: after a restart it starts at zero again.
 */
export interface Optimiser {
  /** Updates the slice of `parameters` that starts at `offset` and is as long as `gradient`; once a step for each slice. */
  apply(parameters: Float32Array, offset: number, gradient: Float32Array, learningRate: number): void
  /** Every slice was updated; the next `apply` belongs to the next step. */
  finishStep(): void
  /** Remembers nothing, as at the start. */
  reset(): void
}

/** Decay rates of the first and the second moment, and what keeps the quotient finite: Kingma & Ba 2015, algorithm 1. */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const

/** `momentum` counts for the optimiser of that name only. */
export function createOptimiser(kind: OptimiserKind, parameterCount: number, momentum: number): Optimiser {
  if (kind === 'adam') return createAdam(parameterCount)
  if (kind === 'momentum') return createMomentum(parameterCount, momentum)
  return { apply: applyGradient, finishStep: () => {}, reset: () => {} }
}

function createMomentum(parameterCount: number, momentum: number): Optimiser {
  const velocity = new Float32Array(parameterCount)
  return {
    apply: (parameters, offset, gradient, learningRate) => {
      for (let i = 0; i < gradient.length; i++) {
        const next = momentum * velocity[offset + i]! + gradient[i]!
        velocity[offset + i] = next
        parameters[offset + i]! -= learningRate * next
      }
    },
    finishStep: () => {},
    reset: () => void velocity.fill(0)
  }
}

function createAdam(parameterCount: number): Optimiser {
  const { beta1, beta2, epsilon } = ADAM
  const first = new Float32Array(parameterCount)
  const second = new Float32Array(parameterCount)
  let step = 1
  return {
    apply: (parameters, offset, gradient, learningRate) => {
      // Moments that start at zero are too small at first by these factors.
      const firstShare = 1 - beta1 ** step
      const secondShare = 1 - beta2 ** step
      for (let i = 0; i < gradient.length; i++) {
        const g = gradient[i]!
        const m = beta1 * first[offset + i]! + (1 - beta1) * g
        const v = beta2 * second[offset + i]! + (1 - beta2) * g * g
        first[offset + i] = m
        second[offset + i] = v
        parameters[offset + i]! -= (learningRate * (m / firstShare)) / (Math.sqrt(v / secondShare) + epsilon)
      }
    },
    finishStep: () => {
      step += 1
    },
    reset: () => {
      first.fill(0)
      second.fill(0)
      step = 1
    }
  }
}

function applyGradient(parameters: Float32Array, offset: number, gradient: Float32Array, learningRate: number): void {
  for (let i = 0; i < gradient.length; i++) parameters[offset + i]! -= learningRate * gradient[i]!
}
