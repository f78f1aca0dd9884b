import { type GoldenCapture, handshakeConditions } from './handshake-conditions.ts'
import { inputConditions } from './input-conditions.ts'

/** Every golden capture with the rows that must be read from it. */
export const goldenCaptures: readonly GoldenCapture[] = [
  ...handshakeConditions(),
  ...inputConditions(),
]
