import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { err, ok, type Result } from '@goldpan/core'
import type { BusMessage, BusReceiver, BusSender, Source } from './bus.ts'
import { SpoolFolder } from './spool-folder.ts'
import { segmentMagic } from './spool-record.ts'
import { listSegments, SegmentReader } from './spool-segment.ts'

/**
 * The bus as a folder (`file:DIR`): each source has a folder of segments in it, in the format of
 * the spool. It is carried to another machine, or read again, as any other input.
 */
export interface FileBusSender extends BusSender {
  readonly counters: SpoolFolder['counters']
  close(): void
}

/** Opens the folder of one source to append to it. */
export function openFileBus(options: {
  readonly folder: string
  readonly source: Source
  /** Bytes of this source at most, the oldest go first; default: no bound. */
  readonly bytesMax?: number
}): Result<FileBusSender, string> {
  const opened = SpoolFolder.open({
    folder: join(options.folder, sourceFolder(options.source)),
    bytesMax: options.bytesMax ?? Number.MAX_SAFE_INTEGER,
  })
  if (!opened.ok) return opened
  const disk = opened.value
  return ok({
    counters: disk.counters,
    async send(message) {
      disk.append(message)
    },
    end() {},
    close: () => disk.close(),
  })
}

/** Folder name of a source: its three words, joined by what none of them can then hold. */
const sourceFolder = ({ service, site, sensor }: Source): string =>
  [service, site, sensor].map(encodeURIComponent).join('+')

/** Whether a folder holds segments, itself or in the folders of its sources. */
export function isFileBus(folder: string): boolean {
  try {
    return segmentFolders(folder).length > 0
  } catch {
    return false
  }
}

function segmentFolders(folder: string): string[] {
  const below = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name))
    .sort()
  return [folder, ...below].filter((each) => listSegments(each).length > 0)
}

export interface FileBusReaderOptions {
  readonly folder: string
  /** Waits for more until it is aborted; without it, what is there is read once. */
  readonly follow?: AbortSignal
  /** Told of what could not be read, one sentence each. */
  readonly onDamage?: (sentence: string) => void
}

const pollMillis = 200

/** Reads a folder of segments from its beginning; nothing in it is changed. */
export function createFileBusReceiver(options: FileBusReaderOptions): Result<BusReceiver, string> {
  const { folder, follow } = options
  if (!existsSync(folder)) {
    return err(`there is no folder ${folder}: name the one that a sensor writes to`)
  }
  return ok({
    async *receive() {
      const places = new Map<string, Place>()
      for (;;) {
        for (const each of segmentFolders(folder)) {
          const place = places.get(each) ?? { segment: 0, offset: 0 }
          places.set(each, place)
          yield* readOn(each, place, options)
        }
        if (!follow || follow.aborted) return
        await delay(pollMillis, undefined, { signal: follow }).catch(() => {})
      }
    },
  })
}

/** Behind the last message read of one folder. */
interface Place {
  segment: number
  offset: number
}

function* readOn(
  folder: string,
  place: Place,
  { follow, onDamage }: FileBusReaderOptions,
): Generator<BusMessage> {
  const segments = listSegments(folder).filter((number) => number >= place.segment)
  for (const [index, number] of segments.entries()) {
    if (number > place.segment) {
      place.segment = number
      place.offset = segmentMagic.length
    }
    const reader = new SegmentReader(folder, number)
    try {
      for (let record = reader.read(place.offset); record; record = reader.read(place.offset)) {
        place.offset = record.end
        yield record.message
      }
      const isOpen = follow !== undefined && index === segments.length - 1
      const torn = reader.bytes - place.offset
      if (torn > 0 && !isOpen) {
        onDamage?.(`${folder}: segment ${number} is damaged at byte ${place.offset}: ${torn} bytes`)
        place.offset = reader.bytes
      }
    } finally {
      reader.close()
    }
  }
}
