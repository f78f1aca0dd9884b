import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'

/** Waits until a sensor captures; what it writes to standard error, then and later, is returned. */
export async function untilCapturing(
  child: Pick<ChildProcessWithoutNullStreams, 'stderr' | 'exitCode'>,
): Promise<() => string> {
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  for (let tries = 0; !said.includes('"capturing"'); tries++) {
    if (child.exitCode !== null || tries > 300) throw new Error(said)
    await delay(50)
  }
  // The lines come before the first turn.
  await delay(300)
  return () => said
}
