import { int32 } from './decode-segment.ts'
import type { Segment } from './segment.ts'

/** The options of one segment that matter to a handshake; one object is reused. */
export class TcpOptions {
  /** A whole timestamps option (RFC 7323 §3) was captured. */
  hasTimestamps = false
  /** Valid with {@link hasTimestamps}. */
  tsVal = 0
  tsEcr = 0
  /** A Fast Open option (RFC 7413 §4.1.1), with or without a cookie. */
  fastOpen = false
  /** The capture is cut within the options. */
  cut = false
}

const kind = { end: 0, noOperation: 1, timestamps: 8, fastOpen: 34, experiment: 254 } as const

/** Reads the options of `segment` into `options`: at most 40 bytes, by the header length. */
export function readTcpOptions(segment: Segment, options: TcpOptions): void {
  options.hasTimestamps = false
  options.fastOpen = false
  const { buffer } = segment
  const optionsEnd = segment.transportOffset + segment.headerBytes
  const end = Math.min(optionsEnd, segment.end)
  options.cut = end < optionsEnd
  let at = segment.transportOffset + 20
  while (at < end) {
    const option = buffer[at]!
    if (option === kind.end) return
    if (option === kind.noOperation) {
      at++
      continue
    }
    const bytes = at + 1 < end ? buffer[at + 1]! : 0
    if (bytes < 2 || at + bytes > end) return
    if (option === kind.timestamps && bytes === 10) {
      options.hasTimestamps = true
      options.tsVal = int32(buffer, at + 2)
      options.tsEcr = int32(buffer, at + 6)
    } else if (isFastOpen(buffer, at, option, bytes)) {
      options.fastOpen = true
    }
    at += bytes
  }
}

/** Kind 34, or its experimental form with magic 0xF989 (RFC 7413 appendix A). */
function isFastOpen(buffer: Uint8Array, at: number, option: number, bytes: number): boolean {
  if (option === kind.fastOpen) return true
  return (
    option === kind.experiment && bytes >= 4 && buffer[at + 2] === 0xf9 && buffer[at + 3] === 0x89
  )
}
