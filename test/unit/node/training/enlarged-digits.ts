import { type Dataset, encodeTable, inferSchema, readTable, SAMPLE_SETS } from '../../../../node/data/index.ts'

/** Side of the digits as they come, and of MNIST's, which small convolutional networks are made for. */
const FROM = 8
const TO = 28

/** The 1797 digits that ship with Starling, features standardised; 64 a row. */
export async function digits(): Promise<Dataset> {
  const { path, label } = SAMPLE_SETS.digits
  const table = await readTable(path)
  return encodeTable(table, inferSchema([table], { label }))
}

/** The same as images of the shape [28, 28, 1], each pixel the nearest of the 8 x 8. */
export async function enlargedDigits(): Promise<Dataset> {
  const { features, labels, count, featureCount } = await digits()
  const enlarged = new Float32Array(count * TO * TO)
  for (let row = 0; row < count; row++) {
    for (let pixel = 0; pixel < TO * TO; pixel++) {
      const [y, x] = [Math.floor(pixel / TO), pixel % TO].map((side) => Math.floor((side * FROM) / TO)) as [
        number,
        number
      ]
      enlarged[row * TO * TO + pixel] = features[row * featureCount + y * FROM + x]!
    }
  }
  return { features: enlarged, labels, count, featureCount: TO * TO }
}
