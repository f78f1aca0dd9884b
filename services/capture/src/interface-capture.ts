import { readSync, writeSync } from 'node:fs'
import { createPcapWriter } from '@goldpan/packet'
import { linkTypeOf, loadPcapBinding, type PcapBinding, type PcapSession } from './pcap-binding.ts'

/** What the capture process is told at its start. */
export interface InterfaceOptions {
  readonly device: string
  readonly filter: string
  readonly snapLength: number
  readonly bufferBytes: number
  readonly promiscuous: boolean
}

/** An order to it, one JSON object a line: another filter from a packet time on. */
export interface InterfaceOrder {
  readonly filter: string
  readonly atMicros: number
}

/** What it says, one JSON object a line on standard error. */
export type InterfaceLine =
  | { readonly open: { readonly libpcap: string } }
  | { readonly stats: { readonly drops: number; readonly cpuMicros: number } }
  | { readonly refilter: 'done' | string }
  | { readonly error: string }

/** Milliseconds until the kernel hands over packets that do not fill a block. */
const timeoutMillis = 40
const chunkBytes = 65_536
const recordHeaderBytes = 16
/** Packets between two looks at orders and the clock while packets never end. */
const packetsPerLook = 1024
const lookMillis = 100
/** In silence the older session ends this long after the order. */
const silenceMillis = 500
/** The reader is late: the processor is left to it, and to the name server, before the next try. */
const waitMillis = 1
const packetsOut = 1
const ordersIn = 0

/**
 * One capture on an interface, written to standard output as a capture file. It is a process of its
 * own, because `dispatch` does not return while packets come: orders are read, and statistics told,
 * from within. When the reader is late this process waits and the kernel drops, counted.
 */
export class InterfaceCapture {
  readonly #binding: PcapBinding = loadPcapBinding()
  readonly #options: InterfaceOptions
  /** A record's header and its packet, as the binding fills them, then the chunk to be written. */
  readonly #memory: Buffer
  readonly #header: Buffer
  readonly #packet: Buffer
  readonly #fields: Uint32Array
  readonly #chunkStart: number
  #at: number
  #session: PcapSession
  /** Opened, but not read before the older one has ended at the cut. */
  #next: PcapSession | undefined
  #cutMicros = Number.POSITIVE_INFINITY
  /** Packets of the newer session count from here. */
  #newerFromMicros = 0
  #orderedMillis = 0
  #skipBelowMicros = 0
  #dropsBefore = 0
  #packets = 0
  #lookedMillis = performance.now()
  #orders = ''
  readonly #never = new Int32Array(new SharedArrayBuffer(4))

  constructor(options: InterfaceOptions) {
    this.#options = options
    this.#chunkStart = recordHeaderBytes + options.snapLength
    this.#memory = Buffer.allocUnsafeSlow(this.#chunkStart + chunkBytes + this.#chunkStart)
    this.#header = this.#memory.subarray(0, recordHeaderBytes)
    this.#packet = this.#memory.subarray(recordHeaderBytes, this.#chunkStart)
    this.#fields = new Uint32Array(this.#memory.buffer, 0, 4)
    this.#at = this.#chunkStart
    const { session, linkType } = this.#open(options.filter)
    this.#session = session
    const { header } = createPcapWriter({ linkType, snapLength: options.snapLength })
    writeSync(packetsOut, header)
    say({
      open: { libpcap: this.#binding.lib_version().replace(/^(\S+) version (\S+).*/, '$1 $2') },
    })
  }

  /** Reads until it is told to stop, or its reader is gone. */
  start(): void {
    process.stdin.resume().pause()
    this.#startSession()
    setInterval(() => {
      this.#look()
      // No packet came to end the older session at the cut. Never from within `dispatch`, which
      // would go on with a session that is gone.
      if (this.#next && performance.now() - this.#orderedMillis > silenceMillis) this.#endCut()
    }, lookMillis)
  }

  #open(filter: string): { session: PcapSession; linkType: number } {
    const { device, snapLength, bufferBytes, promiscuous } = this.#options
    const session = new this.#binding.PcapSession()
    const text = session.open_live(
      ...([device, filter, bufferBytes, snapLength, '', () => this.#onPacket()] as const),
      ...([false, timeoutMillis, () => {}, promiscuous] as const),
    )
    return { session, linkType: linkTypeOf(text) }
  }

  #startSession(): void {
    const session = this.#session
    session.read_callback = () => this.#read(session)
    session.start_polling()
    this.#read(session)
  }

  #read(session: PcapSession): void {
    if (session !== this.#session) return
    const result = session.dispatch(this.#packet, this.#header)
    this.#flush()
    if (result === -2 && this.#next) this.#takeOver()
    else if (result < 0) fail('the interface is gone: bring it up and start the sensor again')
  }

  #onPacket(): void {
    const fields = this.#fields
    const micros = fields[0]! * 1e6 + fields[1]!
    if (micros >= this.#cutMicros) {
      this.#close()
      return
    }
    if (micros < this.#skipBelowMicros) return
    const length = recordHeaderBytes + fields[2]!
    this.#memory.copyWithin(this.#at, 0, length)
    this.#at += length
    if (this.#at >= this.#chunkStart + chunkBytes) this.#flush()
    if (++this.#packets % packetsPerLook === 0 && this.#isDue()) this.#look()
  }

  #flush(): void {
    const end = this.#at
    for (let from = this.#chunkStart; from < end; ) {
      try {
        from += writeSync(packetsOut, this.#memory, from, end - from)
      } catch (error) {
        // The reader is gone: it needs no more packets.
        if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0)
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
        Atomics.wait(this.#never, 0, 0, waitMillis)
      }
    }
    this.#at = this.#chunkStart
  }

  #isDue(): boolean {
    return performance.now() - this.#lookedMillis >= lookMillis
  }

  #look(): void {
    this.#lookedMillis = performance.now()
    const { user, system } = process.cpuUsage()
    say({ stats: { drops: this.#drops(), cpuMicros: user + system } })
    this.#readOrders()
  }

  #drops(): number {
    return this.#dropsBefore + (this.#session.stats().ps_drop >>> 0)
  }

  /** Ends the session at the next dispatch, or the running one. */
  #close(): void {
    this.#dropsBefore = this.#drops()
    this.#session.close()
  }

  #endCut(): void {
    this.#cutMicros = 0
    this.#close()
    if (this.#session.dispatch(this.#packet, this.#header) === -2) this.#takeOver()
  }

  /** Orders are lines; their end ends the process. */
  #readOrders(): void {
    const bytes = Buffer.alloc(65_536)
    let read: number
    try {
      read = readSync(ordersIn, bytes)
    } catch {
      return
    }
    if (read === 0) {
      this.#flush()
      process.exit(0)
    }
    this.#orders += bytes.toString('utf8', 0, read)
    const lines = this.#orders.split('\n')
    this.#orders = lines.pop()!
    for (const line of lines.slice(-1)) this.#refilter(JSON.parse(line) as InterfaceOrder)
  }

  /** The newer session is opened first; one ends and one begins at a packet time: no gap. */
  #refilter({ filter, atMicros }: InterfaceOrder): void {
    if (this.#next) return
    try {
      this.#next = this.#open(filter).session
      this.#newerFromMicros = this.#cutMicros = atMicros
      this.#orderedMillis = performance.now()
    } catch (error) {
      say({ refilter: (error as Error).message })
    }
  }

  #takeOver(): void {
    this.#skipBelowMicros = this.#newerFromMicros
    this.#cutMicros = Number.POSITIVE_INFINITY
    this.#session = this.#next!
    this.#next = undefined
    say({ refilter: 'done' })
    setImmediate(() => this.#startSession())
  }
}

export function say(line: InterfaceLine): void {
  process.stderr.write(`${JSON.stringify(line)}\n`)
}

export function fail(sentence: string): never {
  say({ error: sentence })
  process.exit(1)
}
