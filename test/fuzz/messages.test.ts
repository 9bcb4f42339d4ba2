import { describe } from 'node:test'
import { itContains } from './contained.ts'
import { MESSAGE_DECODERS } from './message-decoders.ts'

describe('mutated messages', () => {
  for (const decoder of MESSAGE_DECODERS) itContains(decoder)
})
