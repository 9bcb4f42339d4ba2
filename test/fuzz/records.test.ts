import { describe } from 'node:test'
import { itContains } from './contained.ts'
import { recordDecoders } from './record-decoders.ts'

describe('mutated records', async () => {
  for (const decoder of await recordDecoders()) itContains(decoder)
})
