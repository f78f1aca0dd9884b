/** What a subcommand's file exports: options in, exit code out. */
interface CommandFile<Options> {
  run(options: Options): Promise<number>
}

/** Imports a subcommand only when it is called: start-up pays for one command, not for all. */
export function lazily<Options>(load: () => Promise<CommandFile<Options>>) {
  return async (options: Options): Promise<void> => {
    const command = await load()
    process.exitCode = await command.run(options)
  }
}
