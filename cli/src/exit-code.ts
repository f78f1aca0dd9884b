/** The exit codes that operators script against. */
export const exitCode = {
  done: 0,
  /** Nothing could be read or done. */
  failed: 1,
  usage: 2,
  /** Finished, but some input was damaged. */
  damagedInput: 3,
  interrupted: 130,
  terminated: 143,
} as const
