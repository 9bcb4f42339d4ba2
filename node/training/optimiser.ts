export type OptimiserKind = 'sgd' | 'momentum'

/** Plain: w -= rate * g. Momentum: v = momentum * v + g, then w -= rate * v (Sutskever et al. 2013, without lookahead). */
export interface Optimiser {
  /** Updates the slice of `parameters` that starts at `offset` and is as long as `gradient`. */
  apply(parameters: Float32Array, offset: number, gradient: Float32Array, learningRate: number): void
}

/** The momentum's velocity, shape [parameterCount], starts at zero and lives as long as the optimiser. */
export function createOptimiser(kind: OptimiserKind, parameterCount: number, momentum: number): Optimiser {
  if (kind === 'sgd') return { apply: applyGradient }
  const velocity = new Float32Array(parameterCount)
  return {
    apply: (parameters, offset, gradient, learningRate) => {
      for (let i = 0; i < gradient.length; i++) {
        const next = momentum * velocity[offset + i]! + gradient[i]!
        velocity[offset + i] = next
        parameters[offset + i]! -= learningRate * next
      }
    }
  }
}

function applyGradient(parameters: Float32Array, offset: number, gradient: Float32Array, learningRate: number): void {
  for (let i = 0; i < gradient.length; i++) parameters[offset + i]! -= learningRate * gradient[i]!
}
