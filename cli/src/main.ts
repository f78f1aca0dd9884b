/** The `goldpan` command: its words are in program.ts, each subcommand is one file of commands/. */

import { exitCode } from './exit-code.ts'
import { createProgram } from './program.ts'

// A closed pipe (`goldpan … | head`) is the reader's way to say that it has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(exitCode.done)
})

await createProgram().parseAsync(process.argv)
