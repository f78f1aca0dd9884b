import { createHandshakeBatch } from '@goldpan/core'
import { dictionaryColumn, encodeMessage, handshakeColumns, unsignedColumn } from '@goldpan/wire'

export interface Block {
  readonly columns: readonly string[]
  readonly arrow: Uint8Array
  readonly rows: number
}

/** Handshakes of one site as the estimator makes them; `number` makes the rows unique. */
export function handshakeBlock(number: number, rows: number): Block {
  const batch = createHandshakeBatch(rows)
  batch.length = rows
  for (let row = 0; row < rows; row++) {
    batch.timeMicros[row] = 1_767_225_600e6 + number * 1e6 + row
    batch.rttMicros[row] = 10_000 + number * 1000 + row
    batch.prefix.set([0x20, 0x01, 0x0d, 0xb8, number, row], row * 16)
  }
  const constant = (name: string, text: string, id: number) =>
    dictionaryColumn(name, { texts: [text], keys: new Uint16Array(rows), id }, rows)
  const columns = [
    constant('service', 'ns1.example', 3),
    constant('site', 'ams', 4),
    constant('sensor', 'sensor-1', 5),
    ...handshakeColumns(batch),
    unsignedColumn('ip_version', new Uint8Array(rows).fill(6), rows),
    constant('method', 'handshake', 6),
    constant('excluded', '', 7),
  ]
  return {
    columns: columns.map(({ name }) => name),
    arrow: encodeMessage('handshakes', undefined, columns, rows),
    rows,
  }
}
