import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** SYN-ACKs of the measured ports on an interface, seen without the sensor. */
export interface WireCounts {
  readonly plain: number
  /** In frames with a VLAN tag. */
  readonly tagged: number
}

export interface WireProbe {
  /** What was seen since it was opened; undefined when it ended. */
  count(): Promise<WireCounts | undefined>
  close(): void
}

const program = fileURLToPath(new URL('./wire-probe-process.ts', import.meta.url))

/**
 * Opens an interface; the text says why this host cannot. In a process of its own: the binding of
 * libpcap holds up what runs beside it.
 */
export async function openWireProbe(
  device: string,
  ports: readonly number[],
): Promise<WireProbe | string> {
  const words = [program, device, ...ports.map(String)]
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  let complaint = ''
  child.stderr.on('data', (chunk) => (complaint += chunk))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const opened = await lines.next()
  if (opened.done) return complaint.trim().split('\n').at(-1) || 'the probe ended'
  return {
    async count() {
      child.stdin.write('\n')
      const line = await lines.next()
      return line.done ? undefined : (JSON.parse(line.value) as WireCounts)
    },
    close: () => child.stdin.end(),
  }
}
