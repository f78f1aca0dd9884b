/**
 * What the analyzer sees of one minute: who was seen at which site, how often, and with which RTTs.
 * Columns of prefix and site numbers; a (prefix, site) may occur in several rows: rows add up.
 */
export interface MinuteWindow {
  /** Minutes since 1970, packet time. */
  readonly minute: number
  /** Sightings of a prefix at a site. */
  readonly seen: SeenColumns
  /** RTTs of handshakes that count. */
  readonly handshakes: HandshakeColumns
}

export interface SeenColumns {
  length: number
  prefix: Uint32Array
  site: Uint16Array
  /** Queries, UDP and TCP. */
  queries: Float32Array
}

export interface HandshakeColumns {
  length: number
  prefix: Uint32Array
  site: Uint16Array
  rttMicros: Uint32Array
}

/** A window that can be filled and emptied again, growing where it must. */
export interface MinuteWindowBuilder {
  addSeen(prefix: number, site: number, queries: number): void
  addHandshake(prefix: number, site: number, rttMicros: number): void
  /** Whether rows were added since the last call of `take`. */
  readonly hasRows: boolean
  /** The rows added since the last call; valid until the next row is added. */
  take(minute: number): MinuteWindow
}

/** A builder that keeps its columns from window to window. */
export function createMinuteWindowBuilder(rowsExpected = 4096): MinuteWindowBuilder {
  const seen: SeenColumns = {
    length: 0,
    prefix: new Uint32Array(rowsExpected),
    site: new Uint16Array(rowsExpected),
    queries: new Float32Array(rowsExpected),
  }
  const handshakes: HandshakeColumns = {
    length: 0,
    prefix: new Uint32Array(rowsExpected),
    site: new Uint16Array(rowsExpected),
    rttMicros: new Uint32Array(rowsExpected),
  }
  let taken = false
  const empty = (): void => {
    if (!taken) return
    seen.length = 0
    handshakes.length = 0
    taken = false
  }
  return {
    addSeen(prefix, site, queries) {
      empty()
      if (seen.length === seen.prefix.length) {
        seen.prefix = doubled(seen.prefix, Uint32Array)
        seen.site = doubled(seen.site, Uint16Array)
        seen.queries = doubled(seen.queries, Float32Array)
      }
      seen.prefix[seen.length] = prefix
      seen.site[seen.length] = site
      seen.queries[seen.length++] = queries
    },
    addHandshake(prefix, site, rttMicros) {
      empty()
      if (handshakes.length === handshakes.prefix.length) {
        handshakes.prefix = doubled(handshakes.prefix, Uint32Array)
        handshakes.site = doubled(handshakes.site, Uint16Array)
        handshakes.rttMicros = doubled(handshakes.rttMicros, Uint32Array)
      }
      handshakes.prefix[handshakes.length] = prefix
      handshakes.site[handshakes.length] = site
      handshakes.rttMicros[handshakes.length++] = rttMicros
    },
    get hasRows() {
      return !taken && seen.length + handshakes.length > 0
    },
    take(minute) {
      empty()
      taken = true
      return { minute, seen, handshakes }
    },
  }
}

interface NumberColumn {
  readonly length: number
  set(source: ArrayLike<number>): void
}

/** A column twice as long with the same values in front. */
export function doubled<Column extends NumberColumn & ArrayLike<number>>(
  column: Column,
  Make: new (length: number) => Column,
  fill?: number,
): Column {
  const larger = new Make(column.length * 2)
  if (fill !== undefined) (larger as unknown as { fill(value: number): void }).fill(fill)
  larger.set(column)
  return larger
}
