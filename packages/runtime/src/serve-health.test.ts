import { connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { createMetrics } from './metrics.ts'
import { type HealthServer, type Readiness, serveHealth } from './serve-health.ts'

const servers: HealthServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

async function start(isReady: () => Readiness = () => ({ notReady: [] }), listen = '127.0.0.1:0') {
  const metrics = createMetrics({ component: 'capture' })
  const served = await serveHealth({ listen, metrics, isReady })
  if (!served.ok) throw new Error(served.error)
  servers.push(served.value)
  return { url: served.value.url!, metrics }
}

it('serves each family once, with help and type, and says what runs', async () => {
  const { url, metrics } = await start()
  const dropped = metrics.counter({
    name: 'dropped_total',
    help: 'Rows dropped.',
    labels: ['reason'],
  })
  dropped.inc({ reason: 'full' }, 3)
  const response = await fetch(`${url}/metrics`)
  const text = await response.text()
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(text).toContain('goldpan_capture_dropped_total{reason="full"} 3\n')
  expect(text).toMatch(/^goldpan_build_info\{component="capture",version="[\d.]+",node="24/m)
  expect(text).toMatch(/^process_resident_memory_bytes \d/m)
  for (const word of ['HELP', 'TYPE']) {
    const names = [...text.matchAll(new RegExp(`^# ${word} (\\S+)`, 'gm'))].map(([, name]) => name)
    expect(new Set(names).size).toBe(names.length)
  }
})

it('tells being alive from being ready', async () => {
  let notReady: string[] = ['the broker is away since 12 s']
  const { url } = await start(() => ({ notReady }))
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  const away = await fetch(`${url}/readyz`)
  expect(away.status).toBe(503)
  expect(await away.json()).toEqual({ ready: false, notReady })
  notReady = []
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
})

it('answers other paths and methods with an error', async () => {
  const { url } = await start()
  expect((await fetch(`${url}/`)).status).toBe(404)
  expect((await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405)
})

it('refuses oversized requests', async () => {
  const { url } = await start()
  expect((await fetch(`${url}/metrics?${'x'.repeat(10_000)}`)).status).toBe(431)
})

it('refuses connections beyond its bound', async () => {
  const { url } = await start()
  const port = Number(new URL(url).port)
  const sockets = Array.from({ length: 80 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  const closed = await new Promise<number>((resolve) => {
    let count = 0
    for (const socket of sockets) socket.on('close', () => ++count === 16 && resolve(count))
  })
  expect(closed).toBe(16)
  for (const socket of sockets) socket.destroy()
})

it('says when it cannot listen', async () => {
  const { url } = await start()
  const taken = new URL(url).host
  const metrics = createMetrics({ component: 'capture' })
  const again = await serveHealth({ listen: taken, metrics, isReady: () => ({ notReady: [] }) })
  expect(again).toEqual({
    ok: false,
    error: `cannot listen on ${taken} (EADDRINUSE): choose another address`,
  })
})

it('serves nothing when it is off', async () => {
  const metrics = createMetrics({ component: 'capture' })
  const off = await serveHealth({ listen: 'off', metrics, isReady: () => ({ notReady: [] }) })
  expect(off.ok && off.value.url).toBe(undefined)
})

it('refuses a metric that breaks the conventions', () => {
  const metrics = createMetrics({ component: 'capture', withProcess: false })
  const help = 'Some.'
  expect(() => metrics.counter({ name: 'rows', help })).toThrow('ends in _total')
  expect(() => metrics.gauge({ name: 'age_ms', help })).toThrow('base unit')
  expect(() => metrics.gauge({ name: 'rows', help: 'rows' })).toThrow('no sentence')
  expect(() => metrics.gauge({ name: 'rows', help, labels: ['prefix'] })).toThrow('per prefix')
})
