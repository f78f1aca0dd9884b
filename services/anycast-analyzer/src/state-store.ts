import { createHash } from 'node:crypto'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { err, type Finding, ok, type Result } from '@goldpan/core'
import {
  readAnalyzerState,
  readAnalyzerStateHead,
  type Warehouse,
  writeFindings,
} from '@goldpan/warehouse'
import { decodeMemory, encodeMemory, type LiveMemory } from './memory-codec.ts'

/**
 * Where a live analyzer keeps what it remembers: one row a decided minute, written under a token,
 * so that of several watchers one decides the minute and the others follow it.
 */
export interface StateStore {
  /** The newest state, or undefined where no minute was decided. */
  load(): Promise<Result<StoredMemory | undefined, string>>
  /** Whether the newest state is still the one with this digest. */
  isNewest(digest: string | undefined): Promise<boolean>
  /**
   * Decides `memory.state.minute`. False when another watcher decided it otherwise: forget what
   * was computed and load.
   */
  decide(memory: LiveMemory): Promise<StoredMemory | undefined>
  /** Writes findings as they are at a decided minute; again without harm. */
  tell(findings: readonly Finding[], minute: number): Promise<void>
}

/** A memory and the digest under which the warehouse has it. */
export interface StoredMemory {
  readonly memory: LiveMemory
  readonly digest: string
}

export interface StateStoreOptions {
  readonly warehouse: Warehouse
  readonly service: string
  /** Names this process in the state's row. */
  readonly watcher: string
}

/** The store of one service's states. */
export function createStateStore({ warehouse, service, watcher }: StateStoreOptions): StateStore {
  return {
    async load() {
      const head = await readAnalyzerStateHead(warehouse, service)
      if (!head) return ok(undefined)
      const text = await readAnalyzerState(warehouse, { service, minute: head.minute })
      // A merge may have dropped it for a newer one in between.
      if (text === undefined) return this.load()
      const bytes = zstdDecompressSync(Buffer.from(text, 'base64'))
      if (digestOf(bytes) !== head.digest) {
        return err(`the state of ${service} in the warehouse is damaged: its digest is another one`)
      }
      const memory = decodeMemory(bytes)
      return memory.ok ? ok({ memory: memory.value, digest: head.digest }) : memory
    },
    async isNewest(digest) {
      return (await readAnalyzerStateHead(warehouse, service))?.digest === digest
    },
    async decide(memory) {
      const bytes = encodeMemory(memory)
      const digest = digestOf(bytes)
      const { minute } = memory.state
      const state = zstdCompressSync(bytes).toString('base64')
      const row = { service, minute, digest, watcher, state }
      await warehouse.insertRows('analyzer_states', [row], `analyzer_states/${service}/${minute}`)
      const head = await readAnalyzerStateHead(warehouse, service)
      return head?.digest === digest ? { memory, digest } : undefined
    },
    tell: (findings, minute) => writeFindings(warehouse, findings, minute),
  }
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
