/** The text that names a model is none of the forms that we build. */
export class ModelSpecError extends Error {
  override readonly name = 'ModelSpecError'
  readonly code = 'ERR_MODEL_SPEC'

  constructor(spec: string, reason: string) {
    super(
      `model ${quote(spec)}: ${reason}. Valid are "linear" and "mlp:" with the units of each hidden layer, ` +
        'for example "mlp:64,32", for images "cnn:" with the filters of each convolution, for example "cnn:8,16", ' +
        'and the path of a TensorFlow.js layers model, for example "my-model/model.json"'
    )
  }
}

/** A `model.json` that does not have the shape of a TensorFlow.js layers model. */
export class InvalidTopologyError extends Error {
  override readonly name = 'InvalidTopologyError'
  readonly code = 'ERR_INVALID_TOPOLOGY'

  constructor(reason: string, options?: ErrorOptions) {
    super(`not a model.json that can be read: ${reason}`, options)
  }
}

/** A `model.json` that is larger, or describes a model that is larger, than we accept from a stranger. */
export class TopologyTooLargeError extends Error {
  override readonly name = 'TopologyTooLargeError'
  readonly code = 'ERR_TOPOLOGY_TOO_LARGE'

  constructor(what: string, value: number, limit: number) {
    super(`the model has ${value} ${what}, at most ${limit} are accepted: use a smaller model`)
  }
}

/** A well-formed layer that this trainer cannot train as its author meant it. */
export class UnsupportedLayerError extends Error {
  override readonly name = 'UnsupportedLayerError'
  readonly code = 'ERR_UNSUPPORTED_LAYER'

  constructor(layer: string, className: string, reason: string) {
    super(`layer ${quote(layer)} (${quote(className)}) cannot be trained: ${reason}`)
  }
}

/** The model and the rows, or the files beside the model, do not belong together. */
export class ModelMismatchError extends Error {
  override readonly name = 'ModelMismatchError'
  readonly code = 'ERR_MODEL_MISMATCH'
}

/** The layers that a run keeps local do not go with its model. */
export class LocalLayersError extends Error {
  override readonly name = 'LocalLayersError'
  readonly code = 'ERR_LOCAL_LAYERS'

  constructor(local: string, layers: readonly string[], reason: string) {
    super(
      `personalise.layers ${quote(local)} contradicts the model, which ${reason}: ` +
        `its layers are ${layers.map(quote).join(', ')}, of which at least one is shared`
    )
  }
}

/** The path of a model, or a file that the model names, cannot be read. */
export class ModelFileError extends Error {
  override readonly name = 'ModelFileError'
  readonly code = 'ERR_MODEL_FILE'

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`the model's file ${path} cannot be read (${reason}): give the path of a model.json with its files`, options)
  }
}

/** One step would hold more in memory than a stranger's run may ask of a peer. */
export class StepTooLargeError extends Error {
  override readonly name = 'StepTooLargeError'
  readonly code = 'ERR_STEP_TOO_LARGE'

  constructor(rows: number, bytes: number, limit: number, mostRows: number) {
    super(
      `a step on ${rows} rows takes ${bytes} bytes for its activations, at most ${limit} are accepted: ` +
        (mostRows > 0 ? `use a batch of at most ${mostRows}, or a smaller model` : 'use a smaller model')
    )
  }
}

/** A part of the Trainer interface that this trainer does not have. */
export class NotSupportedError extends Error {
  override readonly name = 'NotSupportedError'
  readonly code = 'ERR_NOT_SUPPORTED'

  constructor(feature: string, alternative: string) {
    super(`${feature} is not supported by this trainer: ${alternative}`)
  }
}

/** A vector, a count or a rate that does not fit the model. */
export class TrainerArgumentError extends Error {
  override readonly name = 'TrainerArgumentError'
  readonly code = 'ERR_TRAINER_ARGUMENT'

  constructor(what: string, value: number | string, expected: string) {
    super(`${what} is ${value}, expected ${expected}`)
  }
}

/** A split without rows: nothing can be learnt from it or measured on it. */
export class EmptySplitError extends Error {
  override readonly name = 'EmptySplitError'
  readonly code = 'ERR_EMPTY_SPLIT'

  constructor(split: string) {
    super(`the ${split} split has no rows: give it rows, or do not ask for it`)
  }
}

/** Two `train()` calls at once would mix their optimiser state. */
export class TrainerBusyError extends Error {
  override readonly name = 'TrainerBusyError'
  readonly code = 'ERR_TRAINER_BUSY'

  constructor() {
    super('train() is already running on this trainer: await it before the next call')
  }
}

export class TrainerClosedError extends Error {
  override readonly name = 'TrainerClosedError'
  readonly code = 'ERR_TRAINER_CLOSED'

  constructor() {
    super('the trainer is closed: create a new one')
  }
}

/** Loss or parameters are no longer finite. The parameters are of no use; take an earlier copy. */
export class TrainingDivergedError extends Error {
  override readonly name = 'TrainingDivergedError'
  readonly code = 'ERR_TRAINING_DIVERGED'

  constructor(what: string, value: number, step: number, learningRate: number) {
    super(
      `${what} is ${value} at step ${step} with learning rate ${learningRate}: ` +
        'go back to earlier parameters and lower the learning rate, or check the data for values that are not finite'
    )
  }
}

/** Neither the wanted engine nor pure JavaScript would start. */
export class EngineStartError extends Error {
  override readonly name = 'EngineStartError'
  readonly code = 'ERR_ENGINE_START'

  constructor(engine: string, reason: string, options?: ErrorOptions) {
    super(`engine ${engine} did not start (${reason}): install the dependencies again with npm ci`, options)
  }
}

/** Names come from strangers: escaped, so that they cannot drive a terminal, and cut to a readable length. */
function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text)
}
