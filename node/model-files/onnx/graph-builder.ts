import type {
  OnnxAttribute,
  OnnxConstant,
  OnnxElement,
  OnnxGraph,
  OnnxNode,
  OnnxValue
} from '../../../storage/formats/index.ts'
import { NotExportableError } from '../errors.ts'

/** Name of a value in the graph: an input, a constant, or what a node gives. */
export type Value = string

/** The side of every input and output that the caller decides. */
export const ROWS = 'rows'

/** What the graph makes for itself is called so; weights and columns are not. */
const INTERNAL = '/'

/** Whether a constant is the graph's own and no weight of the model. */
export function isInternal(name: string): boolean {
  return name.startsWith(INTERNAL)
}

type ConstantData = Float32Array | Float64Array | BigInt64Array | readonly string[]

/** Puts a graph together; every value has one name, and inputs keep theirs. */
export class GraphBuilder {
  readonly #taken = new Set<string>()
  readonly #inputs: OnnxValue[] = []
  readonly #outputs: OnnxValue[] = []
  readonly #nodes: OnnxNode[] = []
  readonly #constants: OnnxConstant[] = []
  #scope = ''

  /** The nodes that follow are called after what they are for. */
  enter(scope: string): void {
    this.#scope = scope
  }

  input(name: string, element: OnnxElement, shape: readonly number[]): Value {
    this.#take(name)
    this.#inputs.push({ name, element, shape: [ROWS, ...shape] })
    return name
  }

  /** A constant whose name readers look for. Throws NotExportableError where an input has it. */
  weight(name: string, shape: readonly number[], data: Float32Array): Value {
    this.#take(name)
    this.#constants.push({ name, shape, data })
    return name
  }

  constant(data: ConstantData, shape: readonly number[] = [data.length]): Value {
    const name = this.#free(`${INTERNAL}${this.#scope}/constant`)
    this.#constants.push({ name, shape, data } as OnnxConstant)
    return name
  }

  /** Whole numbers: shapes, axes, paddings. */
  integers(...values: readonly number[]): Value {
    return this.constant(BigInt64Array.from(values, BigInt))
  }

  /** An operator of ONNX with one result. */
  apply(operator: string, inputs: readonly Value[], attributes: Record<string, OnnxAttribute> = {}): Value {
    return this.#add({ operator, inputs, attributes })
  }

  /** An operator of the domain ai.onnx.ml. */
  applyMl(operator: string, inputs: readonly Value[], attributes: Record<string, OnnxAttribute>): Value {
    return this.#add({ operator, inputs, attributes, domain: 'ai.onnx.ml' })
  }

  /** Makes a value a result of the graph, under this name or, where a column has it, under one with underscores. */
  output(name: string, value: Value, element: OnnxElement, shape: readonly number[]): void {
    let free = name
    while (this.#taken.has(free)) free += '_'
    this.#take(free)
    this.#nodes.push({ name: `${INTERNAL}output/${name}`, operator: 'Identity', inputs: [value], outputs: [free] })
    this.#outputs.push({ name: free, element, shape: [ROWS, ...shape] })
  }

  build(name: string, description: string): OnnxGraph {
    return {
      name,
      description,
      inputs: this.#inputs,
      outputs: this.#outputs,
      nodes: this.#nodes,
      constants: this.#constants
    }
  }

  #add(node: Pick<OnnxNode, 'operator' | 'inputs' | 'attributes' | 'domain'>): Value {
    const output = this.#free(`${INTERNAL}${this.#scope}/${node.operator}`)
    this.#nodes.push({ ...node, name: output, outputs: [output] })
    return output
  }

  #free(name: string): string {
    let free = name
    for (let times = 1; this.#taken.has(free); times++) free = `${name}_${times}`
    this.#taken.add(free)
    return free
  }

  #take(name: string): void {
    if (this.#taken.has(name)) {
      throw new NotExportableError(
        `column ${JSON.stringify(name)}`,
        'onnx',
        'a weight of the model has the same name, which no graph can hold twice: export to another format'
      )
    }
    this.#taken.add(name)
  }
}
