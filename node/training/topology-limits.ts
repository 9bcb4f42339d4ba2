/** A `model.json` comes from whoever created the run: these bound what it can make a peer allocate and compute. */

/** Our own files take about 400 bytes a layer; Keras writes up to 2 KB with all its initialisers spelt out. */
export const MAX_MODEL_JSON_BYTES = 256 * 1024

/** Of a `model.json`: a model in a wrapper in a model has some thirty; a stack overflows from some thousands on. */
export const MAX_JSON_LEVELS = 200

/** Deeper plain stacks do not train: gradients vanish (Glorot & Bengio 2010), so a longer list is a mistake. */
export const MAX_LAYERS = 64

/** Largest width of a layer: with one input it is still only 8 MB of weights; more is caught by the next limit. */
export const MAX_UNITS = 1_000_000

/** 256 MiB a vector. A peer with six neighbours keeps about nine of them (design, section 7), 2.3 GB in all. */
export const MAX_PARAMETERS = 64 * 1024 * 1024

/** Values that one row becomes on its way: ResNet-50 on 224 x 224 has 11 million (He et al. 2016, table 1). */
export const MAX_ACTIVATIONS = 16 * 1024 * 1024

/** Of one row's forward pass, half a second of wasm: ResNet-50 on 224 x 224 takes 3.8e9 (He et al. 2016, table 1). */
export const MAX_MULTIPLICATIONS = 4e9

/** Activations of one step; with their gradients and copies about three times as much. WebAssembly ends at 4 GiB. */
export const MAX_STEP_BYTES = 512 * 1024 * 1024
