import { chmodSync, chownSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Prefix, type Result } from '@goldpan/core'
import {
  createLifecycle,
  createMetrics,
  hostClock,
  type Log,
  type Metrics,
  serveHealth,
} from '@goldpan/runtime'
import type { ConfiguredBus } from '@goldpan/runtime/kafka'
import { makeFolder } from '@goldpan/runtime/make-folder'
import { captureToBus } from './capture-to-bus.ts'
import { dropPrivileges, findUser, type HostUser, isRoot } from './drop-privileges.ts'
import { createExcludedClients } from './excluded-clients.ts'
import { openInterface } from './interface-source.ts'
import { LiveSensor } from './live-sensor.ts'
import { createPipeSource, type LiveSource } from './live-source.ts'
import { type CaptureMetrics, createCaptureMetrics } from './metrics.ts'
import { openSensorBus, type SensorBus } from './open-bus.ts'
import type { CaptureSettings } from './settings.ts'

/** What a sensor is wired from. */
export interface CaptureApp {
  readonly settings: CaptureSettings
  readonly bus: ConfiguredBus
  readonly log: Log
}

export const exit = { done: 0, failed: 1, damaged: 3 } as const

/** Reads capture files, sends what they hold, and ends; a second run sends the same again. */
export async function captureFiles(app: CaptureApp, inputs: readonly string[]): Promise<number> {
  const { settings, log } = app
  const opened = await openSensorBus({ ...app, source: settings.source })
  if (!opened.ok) return complain(log, opened.error)
  const lifecycle = createLifecycle({ log, deadlineMillis: settings.stopMillis })
  const { source, ports, clients, exclude, services } = settings
  const read = await captureToBus({
    ...{ inputs, ...source, services, ports, clients, exclude, bus: opened.value.sender },
    ...{ signal: lifecycle.stopping, rate: settings.rate, rowsMax: rowsOfMessageMax },
  })
  await opened.value.close(settings.stopMillis)
  if (lifecycle.stopping.aborted) return lifecycle.untilStopped()
  if (!read.ok) return complain(log, read.error.message)
  const { counters, packets, damages, notes } = read.value
  for (const note of notes) log.info(note)
  for (const { message } of damages) log.warn(message)
  log.info({ packets, ...counters, ...opened.value.counters() }, 'the captures were sent')
  return damages.length > 0 ? exit.damaged : exit.done
}

/** Rows of a message at most: it must fit into one message of any broker. */
const rowsOfMessageMax = 32_768

/** Captures on an interface, or reads a live pipe, until it is told to stop. */
export async function captureLive(app: CaptureApp, device: string | undefined): Promise<number> {
  const { settings, log } = app
  const user = chooseUser(settings.user)
  if (!user.ok) return complain(log, user.error)
  const prepared = prepareFolders(app, user.value)
  if (!prepared.ok) return complain(log, prepared.error)
  const packets =
    device === undefined
      ? ok(createPipeSource(process.stdin))
      : await openInterface({ ...settings, device, user: user.value, log })
  if (!packets.ok) return complain(log, packets.error)
  if (user.value) dropPrivileges(user.value)
  const { folder, bytesMax } = settings.spool
  const metrics = createMetrics({ component: 'capture' })
  const captureMetrics = createCaptureMetrics(metrics)
  const bus = await openSensorBus({
    ...{ ...app, source: settings.source, spool: { folder, bytesMax } },
    metrics: captureMetrics.sending,
  })
  if (!bus.ok) {
    packets.value.stop()
    return complain(log, bus.error)
  }
  return runLive(app, { packets: packets.value, bus: bus.value, metrics, captureMetrics })
}

interface LiveParts {
  readonly packets: LiveSource
  readonly bus: SensorBus
  readonly metrics: Metrics
  readonly captureMetrics: CaptureMetrics
}

async function runLive(app: CaptureApp, parts: LiveParts): Promise<number> {
  const { settings, log } = app
  const { packets, bus, metrics, captureMetrics } = parts
  const sensor = createSensor(app, packets, bus, (each) => captureMetrics.update(each, bus.spool))
  const isReady = () => ({ notReady: readinessOf(bus) })
  const health = await serveHealth({ listen: settings.listen, metrics, isReady })
  if (!health.ok) log.warn({ reason: health.error }, 'there are no metrics')
  const lifecycle = createLifecycle({ log, deadlineMillis: settings.stopMillis })
  const running = sensor.run()
  lifecycle.onStop('packets', async () => {
    packets.stop()
    await running
  })
  lifecycle.onStop('bus', () => bus.close(settings.stopMillis / 2))
  lifecycle.onStop('health', () => (health.ok ? health.value.close() : undefined))
  const { source } = settings
  log.info({ ...source, boot: sensor.boot, url: health.ok && health.value.url }, 'capturing')
  const ended = await running
  if (!lifecycle.stopping.aborted) lifecycle.stop(codeOf(ended, packets, log))
  return lifecycle.untilStopped()
}

/** A pipe ends when its writer does; an interface never ends by itself. */
function codeOf(
  ended: Result<{ readonly damage?: string }, string>,
  packets: LiveSource,
  log: Log,
): number {
  if (!ended.ok) return complain(log, ended.error)
  if (packets.timestampType === 'host') return complain(log, 'the capture process ended')
  if (ended.value.damage === undefined) return exit.done
  log.warn({ reason: ended.value.damage }, 'the pipe ended within the capture')
  return exit.damaged
}

function createSensor(
  { settings, log }: CaptureApp,
  packets: LiveSource,
  bus: SensorBus,
  onSecond: (sensor: LiveSensor) => void,
): LiveSensor {
  const { exclude, spool } = settings
  return new LiveSensor({
    ...settings,
    ...{ packets, log, onSecond, bus: bus.sender, busCounters: () => bus.counters() },
    clock: hostClock,
    cpuMicros: () => {
      const { user, system } = process.cpuUsage()
      return user + system
    },
    excluded: exclude.length > 0 ? createExcludedClients(exclude as Prefix[]) : undefined,
    stateFolder: spool.folder,
  })
}

const readinessOf = ({ spool }: SensorBus): string[] =>
  spool && spool.diskBytes > 0 ? [`${spool.waiting} messages wait for the bus`] : []

function chooseUser(name: string | undefined): Result<HostUser | undefined, string> {
  if (!isRoot()) return ok(undefined)
  const user = name === undefined ? (findUser('goldpan') ?? findUser('nobody')) : findUser(name)
  if (user) return ok(user.uid === 0 ? undefined : user)
  return err(`there is no user ${name ?? 'nobody'}: set capture.user to an unprivileged one`)
}

/** Makes the folders that the sensor writes to, and gives them to the user that it becomes. */
function prepareFolders(
  { settings, bus }: CaptureApp,
  user: HostUser | undefined,
): Result<undefined, string> {
  const folders = [settings.spool.folder, ...(bus.kind === 'file' ? [bus.folder] : [])]
  for (const folder of folders) {
    try {
      // The folders above stay open to others: the user that the sensor becomes must pass them.
      makeFolder(folder)
      chmodSync(folder, 0o700)
      if (user) giveTo(folder, user)
    } catch (error) {
      return err(
        `${folder} cannot be made (${(error as Error).message}): name a folder for this user`,
      )
    }
  }
  return ok(undefined)
}

function giveTo(folder: string, { uid, gid }: HostUser): void {
  chownSync(folder, uid, gid)
  for (const name of readdirSync(folder)) chownSync(join(folder, name), uid, gid)
}

function complain(log: Log, sentence: string): number {
  log.error(sentence)
  return exit.failed
}
