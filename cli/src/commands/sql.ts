import { exitCode } from '../exit-code.ts'
import { readWarehouse } from '../open-warehouse.ts'
import { complain } from '../standard-error.ts'

export interface SqlOptions {
  readonly statement: string
  readonly warehouse?: string
  readonly format: string
}

/** Runs one statement on the warehouse and prints its rows. */
export async function run(options: SqlOptions): Promise<number> {
  if (!/^\w+$/.test(options.format)) {
    complain(`${options.format} is no format: name one of ClickHouse's, such as CSV or JSON`)
    return exitCode.usage
  }
  const statement = options.statement.trim().replace(/;$/, '')
  const rows = await readWarehouse(options.warehouse, (warehouse) =>
    warehouse.queryText(statement, options.format),
  )
  if (!rows.ok) {
    complain(rows.error.message)
    return exitCode.failed
  }
  process.stdout.write(rows.value)
  return exitCode.done
}
