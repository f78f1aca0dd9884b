import { exitCode } from '../exit-code.ts'
import { openForReading } from '../open-warehouse.ts'
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
  const opened = await openForReading(options.warehouse)
  if (!opened.ok) {
    complain(opened.error.message)
    return exitCode.failed
  }
  const warehouse = opened.value
  try {
    const statement = options.statement.trim().replace(/;$/, '')
    process.stdout.write(await warehouse.queryText(statement, options.format))
    return exitCode.done
  } catch (error) {
    complain((error as Error).message)
    return exitCode.failed
  } finally {
    await warehouse.close()
  }
}
