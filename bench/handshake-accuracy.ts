import { readFileSync } from 'node:fs'

/** How the rows of `goldpan handshakes` compare with the truth of genpcap. */
export interface Accuracy {
  readonly truth: number
  readonly found: number
  /** Rows that are no true handshake. */
  readonly spurious: number
  readonly ambiguous: number
  /** Largest error in µs of rows that are not flagged `ambiguous`. */
  readonly errorMicrosMax: number
}

interface Row {
  readonly micros: number
  readonly rttMicros: number
  readonly isAmbiguous: boolean
}

/** Compares connection by connection; each true handshake takes the row nearest to it. */
export function compareWithTruth(truthFile: string, rowsFile: string): Accuracy {
  const rows = readRows(rowsFile)
  const truth = readFileSync(truthFile, 'utf8').trim().split('\n').slice(1)
  let found = 0
  let ambiguous = 0
  let errorMicrosMax = 0
  for (const line of truth) {
    const [client, port, server, synack, rtt] = line.split(',')
    const candidates = rows.get(`${client},${port},${server}`)
    if (!candidates?.length) continue
    const ackMicros = Number(synack) * 1e6 + Number(rtt)
    const distance = (row: Row): number => Math.abs(row.micros + row.rttMicros - ackMicros)
    const nearest = candidates.reduce((best, row) => (distance(row) < distance(best) ? row : best))
    candidates.splice(candidates.indexOf(nearest), 1)
    found++
    if (nearest.isAmbiguous) ambiguous++
    else errorMicrosMax = Math.max(errorMicrosMax, Math.abs(nearest.rttMicros - Number(rtt)))
  }
  const spurious = [...rows.values()].reduce((sum, left) => sum + left.length, 0)
  return { truth: truth.length, found, spurious, ambiguous, errorMicrosMax }
}

function readRows(file: string): Map<string, Row[]> {
  const rows = new Map<string, Row[]>()
  for (const line of readFileSync(file, 'utf8').trim().split('\n').slice(1)) {
    const [time, , client, port, server, , rtt, , , , flags] = line.split(',')
    const key = `${client},${port},${server}`
    const row = {
      micros: Date.parse(`${time!.slice(0, 19)}Z`) * 1000 + Number(time!.slice(20, 26)),
      rttMicros: Number(rtt),
      isAmbiguous: flags!.includes('ambiguous'),
    }
    const others = rows.get(key)
    if (others) others.push(row)
    else rows.set(key, [row])
  }
  return rows
}
