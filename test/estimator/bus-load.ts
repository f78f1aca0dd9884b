import { createHandshakeBatch, type HandshakeBatch, handshakePresent } from '@goldpan/core'
import type { BusMessage, Source } from '@goldpan/runtime'
import { encodeHandshakes } from '@goldpan/wire'

export interface LoadOptions {
  readonly source: Source
  readonly boot: string
  /** Packet time of the first row, microseconds. */
  readonly startMicros: number
  readonly microsPerRow: number
}

/** Prefixes that clients come from, half of them IPv6. */
const prefixes = 4096

/** Rows [first, first + count) of a boot: the same ones, however they are cut into messages. */
export function loadRows(options: LoadOptions, first: number, count: number): HandshakeBatch {
  const batch = createHandshakeBatch(count)
  batch.length = count
  batch.links = ['10/02:00:00:00:00:01', '20/02:00:00:00:00:02']
  for (let index = 0; index < count; index++) {
    const row = first + index
    const prefix = (row * 2_654_435_761) % prefixes
    const at = index * 16
    batch.timeMicros[index] = options.startMicros + row * options.microsPerRow
    batch.rttMicros[index] = 5_000 + ((row * 7919) % 200_000)
    batch.acceptMicros[index] = 40
    batch.hops[index] = 5 + (row % 20)
    batch.server.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 53], at)
    batch.serverPort[index] = 53
    if (prefix % 2) batch.prefix.set([0x20, 0x01, 0x0d, 0xb8, prefix >> 8, prefix], at)
    else batch.prefix.set([0xff, 0xff, 10, prefix >> 8, prefix], at + 10)
    batch.ingress[index] = row & 1
    batch.present[index] =
      handshakePresent.accept |
      handshakePresent.hops |
      handshakePresent.ingress |
      handshakePresent.egress
  }
  return batch
}

/** One message of a load. */
export function loadMessage(
  options: LoadOptions,
  { n, firstRow, rows }: { readonly n: number; readonly firstRow: number; readonly rows: number },
): BusMessage {
  const { source, boot } = options
  const batch = loadRows(options, firstRow, rows)
  return {
    ...{ topic: 'goldpan.handshakes.v1', source, boot, n, firstRow, rows },
    value: encodeHandshakes(batch, { ...source, boot, firstRow }),
  }
}
