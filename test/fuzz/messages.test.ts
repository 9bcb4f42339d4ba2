import { describe } from 'node:test'
import { itContains } from './contained.ts'
import { MESSAGE_DECODERS } from './message-decoders.ts'
import { PINNING_DECODERS } from './pinning-decoders.ts'

describe('mutated messages', () => {
  for (const decoder of [...MESSAGE_DECODERS, ...PINNING_DECODERS]) itContains(decoder)
})
