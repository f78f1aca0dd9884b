import { createRequire } from 'node:module'

/** One open capture of the `pcap` package, below its event emitter, which costs more per packet. */
export interface PcapSession {
  open_live(
    device: string,
    filter: string,
    bufferBytes: number,
    snapLength: number,
    outputFile: string,
    onPacket: () => void,
    monitor: boolean,
    timeoutMillis: number,
    onWarning: (message: string) => void,
    promiscuous: boolean,
  ): string
  /** Calls onPacket for each packet until none is left: under load it does not return. */
  dispatch(packet: Buffer, header: Buffer): number
  start_polling(): void
  /** Puts a frame on the wire. */
  inject(frame: Buffer): void
  stats(): { readonly ps_recv: number; readonly ps_drop: number; readonly ps_ifdrop: number }
  /** Ends a running or the next dispatch, which then frees the session. */
  close(): void
  read_callback?: () => void
}

export interface PcapBinding {
  readonly PcapSession: new () => PcapSession
  lib_version(): string
}

/** The native part of `pcap`; throws where it was not built. */
export const loadPcapBinding = (): PcapBinding =>
  createRequire(import.meta.url)('pcap/build/Release/pcap_binding.node') as PcapBinding

const linkTypes: Readonly<Record<string, number>> = {
  LINKTYPE_NULL: 0,
  LINKTYPE_ETHERNET: 1,
  LINKTYPE_RAW: 101,
  LINKTYPE_LINUX_SLL: 113,
}

/** Number of a link type in capture files, of the text that `open_live` returns. */
export const linkTypeOf = (text: string): number =>
  linkTypes[text] ?? Number(/\d+$/.exec(text)?.[0] ?? Number.NaN)
