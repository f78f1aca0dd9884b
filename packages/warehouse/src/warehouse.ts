/** The warehouse as its users see it: a ClickHouse server or the embedded engine, same SQL. */

export type Table =
  | 'handshakes'
  | 'traffic'
  | 'sensor_status'
  | 'ingests'
  | 'findings'
  | 'dead_letters'
  | 'migrations'
  | 'sites'
  | 'networks'
  | 'analyzer_states'

export interface Warehouse {
  /**
   * Runs one statement and returns its rows. Parameters are bound on the server
   * (`{service:String}`), never concatenated. Ask for bounded results: they are held whole.
   */
  query<Row>(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Row[]>
  /** Runs one statement and returns its rows as an Arrow IPC stream. */
  queryArrow(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<Uint8Array>
  /** Runs one statement and returns the bytes of any output format, for `goldpan sql`. */
  queryText(sql: string, format: string): Promise<Uint8Array>
  /** Runs a statement that returns nothing. */
  command(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<void>
  /**
   * Inserts one Arrow IPC stream with these columns as one block. The same token with the same
   * bytes is a retry: it changes nothing when the first try took effect, in the rollups neither.
   */
  insertArrow(
    table: Table,
    columns: readonly string[],
    arrow: Uint8Array,
    token: string,
  ): Promise<void>
  /** Inserts rows as one block; for small things such as findings. */
  insertRows(table: Table, rows: readonly object[], token: string): Promise<void>
  close(): Promise<void>
}
