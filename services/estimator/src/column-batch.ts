/** Batches in columns: kept rows and joins, whatever the columns are. */

type Batch = { readonly capacity: number; length: number }
type TypedArray = Uint8Array | Uint16Array | Uint32Array | Float64Array

const columnsOf = (batch: Batch): [string, TypedArray][] =>
  Object.entries(batch).filter(([, column]) => ArrayBuffer.isView(column)) as never

/** Values of a column in one row: 16 for an address, else 1. */
const widthOf = (name: string): number => (/^(client|prefix|server)$/.test(name) ? 16 : 1)

/** The rows of `batch` for which `keep` is not 0, moved together in place. */
export function keepRows(batch: Batch, keep: Uint8Array): void {
  const columns = columnsOf(batch)
  let kept = 0
  for (let row = 0; row < batch.length; row++) {
    if (!keep[row]) continue
    if (kept !== row) {
      for (const [name, column] of columns) {
        const width = widthOf(name)
        column.copyWithin(kept * width, row * width, (row + 1) * width)
      }
    }
    kept++
  }
  batch.length = kept
}

/** All rows of `batches` in one batch made by `create`; a batch alone is that one, not a copy. */
export function joinBatches<T extends Batch>(
  batches: readonly T[],
  create: (capacity: number) => T,
): T {
  if (batches.length === 1) return batches[0]!
  const joined = create(batches.reduce((sum, batch) => sum + batch.length, 0))
  for (const batch of batches) {
    const targets = joined as unknown as Record<string, TypedArray>
    for (const [name, column] of columnsOf(batch)) {
      const width = widthOf(name)
      targets[name]!.set(column.subarray(0, batch.length * width) as never, joined.length * width)
    }
    joined.length += batch.length
  }
  return joined
}
