import type { Readable } from 'node:stream'

/** Packets as they come, in the format of a capture file, and what is known beside them. */
export interface LiveSource {
  readonly stream: Readable
  /** Whose clock stamps the packets. */
  readonly timestampType: 'host' | 'pipe'
  /** Version of libpcap, where this process tree uses one. */
  readonly libpcap?: string
  /** Since it was opened; absent where it cannot be known. */
  kernelDrops(): number | undefined
  /** Microseconds of CPU that other processes of this source used so far. */
  cpuMicros(): number
  /** Connections that this host's kernel accepted since it was opened. */
  passiveOpens(): number | undefined
  /** One in how many queries over UDP is wanted from a packet time on; 0: none. */
  setRate(rate: number, atMicros: number): void
  /** No more packets are wanted; the stream ends. */
  stop(): void
}

/** Standard input: tcpdump, dumpcap or a file that another program writes into a pipe. */
export function createPipeSource(input: Readable): LiveSource {
  return {
    stream: input,
    timestampType: 'pipe',
    kernelDrops: () => undefined,
    cpuMicros: () => 0,
    passiveOpens: () => undefined,
    setRate: () => {},
    stop: () => input.destroy(),
  }
}
