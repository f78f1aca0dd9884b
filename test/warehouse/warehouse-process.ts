/**
 * An embedded warehouse on a loopback port, in a process of its own that tests may kill:
 *
 *     node test/warehouse/warehouse-process.ts FOLDER [PORT]
 *
 * It prints its port when it is ready.
 */
import { openEmbeddedWarehouse } from '../../packages/warehouse-embedded/src/index.ts'

const [folder, port = '0'] = process.argv.slice(2)
const opened = await openEmbeddedWarehouse({ folder: folder! })
if (!opened.ok) {
  process.stderr.write(`${opened.error.message}\n`)
  process.exit(1)
}
process.stdout.write(`${await opened.value.serve(Number(port))}\n`)
const stop = (): void => {
  opened.value.close().then(() => process.exit(0))
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
// The port alone does not keep the process.
setInterval(() => undefined, 60_000)
