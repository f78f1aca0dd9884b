import type { DestinationStream, Logger, pino as Pino } from 'pino'
import { loadPackage } from './load-package.ts'

export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

/** What belongs to a line beside its message; units in names. An `Error` goes under `error`. */
export type LogFields = Readonly<Record<string, unknown>>

/** As pino has it: a message, or fields and a message. */
interface WriteLine {
  (message: string): void
  (fields: LogFields, message: string): void
}

/** One JSON object a line on standard error; messages are lower case, without a full stop. */
export interface Log {
  readonly debug: WriteLine
  readonly info: WriteLine
  readonly warn: WriteLine
  readonly error: WriteLine
  /**
   * A warning about something that can happen very often: at most one line per message and
   * `quietSeconds`; the next line says how many were suppressed.
   */
  readonly warnRarely: WriteLine
  /** The same log for a part of the component. */
  child(fields: LogFields): Log
}

export interface LogOptions {
  readonly level: LogLevel
  /** Such as `capture`; the same word as in the names of its metrics. */
  readonly component: string
  /** Standard error unless told otherwise. */
  readonly destination?: DestinationStream
  /** Seconds; for tests. */
  readonly now?: () => number
}

export const quietSeconds = 10
/** How many different messages are remembered for `warnRarely`; beyond, the oldest is forgotten. */
const rareMessagesMax = 1000

interface Rare {
  lastSeconds: number
  suppressed: number
}

/** Creates the log of a service. Lines are written before the call returns: none is lost. */
export function createLog({ level, component, destination, now }: LogOptions): Log {
  const pino = loadPackage<typeof Pino>('pino')
  const logger = pino(
    {
      level,
      base: { component },
      messageKey: 'message',
      errorKey: 'error',
      serializers: { error: pino.stdSerializers.err },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  )
  return wrap(logger, now ?? (() => performance.now() / 1000))
}

function wrap(logger: Logger, now: () => number): Log {
  const rare = new Map<string, Rare>()
  const writer =
    (level: LogLevel): WriteLine =>
    (fields: LogFields | string, message?: string): void =>
      typeof fields === 'string' ? logger[level](fields) : logger[level](fields, message)
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
    warnRarely(first: LogFields | string, second?: string) {
      const [fields, message] = typeof first === 'string' ? [{}, first] : [first, second!]
      const seconds = now()
      const known = rare.get(message)
      if (known && seconds - known.lastSeconds < quietSeconds) {
        known.suppressed++
        return
      }
      if (rare.size >= rareMessagesMax) rare.delete(rare.keys().next().value!)
      rare.set(message, { lastSeconds: seconds, suppressed: 0 })
      logger.warn(known?.suppressed ? { ...fields, suppressed: known.suppressed } : fields, message)
    },
    child: (fields) => wrap(logger.child(fields), now),
  }
}
