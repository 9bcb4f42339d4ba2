export async function fuzzSockets(inputs: number, seed: number): Promise<unknown[]> {
  return [inputs, seed]
}
