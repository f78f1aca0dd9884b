/** The `goldpan` command: its words are in program.ts, each subcommand is one file of commands/. */

import { exitCode } from './exit-code.ts'
import { createProgram } from './program.ts'
import { complain } from './standard-error.ts'

// A closed pipe (`goldpan … | head`) is the reader's way to say that it has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCode.done)
  complain(`standard output cannot be written (${error.message}): free some space or name another`)
  process.exit(exitCode.failed)
})

await createProgram().parseAsync(process.argv)
