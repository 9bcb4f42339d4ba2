/** A `model.json` comes from whoever created the run: these bound what it can make a peer allocate. */

/** Our own files take about 400 bytes a layer; Keras writes up to 2 KB with all its initialisers spelt out. */
export const MAX_MODEL_JSON_BYTES = 256 * 1024

/** Deeper plain dense stacks do not train: gradients vanish (Glorot & Bengio 2010), so a longer list is a mistake. */
export const MAX_LAYERS = 64

/** Largest width of a layer: with one input it is still only 8 MB of weights; more is caught by the next limit. */
export const MAX_UNITS = 1_000_000

/** 256 MiB a vector. A peer with six neighbours keeps about nine of them (design, section 7), 2.3 GB in all. */
export const MAX_PARAMETERS = 64 * 1024 * 1024
