import { describe } from 'node:test'
import { itContains } from './contained.ts'
import { fileDecoders } from './file-decoders.ts'

describe('mutated files', async () => {
  for (const decoder of await fileDecoders()) itContains(decoder)
})
