import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openServerWarehouse, type ServerTls } from '@goldpan/warehouse'
import { openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Certificates, makeCertificates } from '../broker/certificates.ts'
import { missingTools } from '../integration/tools.ts'

const missing = missingTools(['openssl'])
const folder = mkdtempSync(join(tmpdir(), 'goldpan-tls-'))
let certificates: Certificates
let server: Server
let seen: IncomingHttpHeaders = {}
let close: () => Promise<void>

const pem = (file: string): Buffer => readFileSync(file)

beforeAll(async () => {
  if (missing) return
  certificates = makeCertificates(folder)
  const opened = await openEmbeddedWarehouse({ folder: join(folder, 'warehouse') })
  if (!opened.ok) throw new Error(opened.error.message)
  const port = await opened.value.serve(0)
  const both = pem(certificates.server)
  const tls = { key: both, cert: both, ca: pem(certificates.ca), requestCert: true }
  server = createServer({ ...tls, rejectUnauthorized: true }, (incoming, response) => {
    const { method, url, headers } = incoming
    seen = headers
    incoming.pipe(
      request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(response)
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  close = () => opened.value.close()
})

afterAll(async () => {
  server?.close()
  server?.closeAllConnections()
  await close?.()
  rmSync(folder, { recursive: true })
})

async function open(tls: ServerTls, password?: string): Promise<string> {
  const { port } = server.address() as AddressInfo
  const opened = await openServerWarehouse({
    url: `https://goldpan_estimator@127.0.0.1:${port}`,
    ...{ tls, timeouts: { querySeconds: 10, retrySeconds: 0 } },
    ...(password === undefined ? {} : { password }),
  })
  if (!opened.ok) return opened.error.code
  const rows = await opened.value.query('SELECT 1 AS one')
  await opened.value.close()
  return JSON.stringify(rows)
}

describe.skipIf(missing)(`a warehouse behind TLS${missing ? ` (${missing})` : ''}`, () => {
  const client = () => ({
    cert: pem(certificates.clientCertificate),
    key: pem(certificates.clientKey),
  })

  it('is verified by the authority that is named', async () => {
    expect(await open({ ...client(), ca: pem(certificates.ca) }, 'sesame')).toBe('[{"one":1}]')
    expect(seen.authorization).toMatch(/^Basic /)
    expect(seen['x-clickhouse-ssl-certificate-auth']).toBe(undefined)
  })

  it('is not trusted by an authority of somebody else, nor by the system', async () => {
    const stranger = { ...client(), ca: pem(certificates.strangerCa) }
    expect(await open(stranger, 'sesame')).toBe('UNTRUSTED_CERTIFICATE')
    expect(await open(client(), 'sesame')).toBe('UNTRUSTED_CERTIFICATE')
  })

  it('knows a user by a certificate alone', async () => {
    expect(await open({ ...client(), ca: pem(certificates.ca) })).toBe('[{"one":1}]')
    expect(seen).toMatchObject({
      'x-clickhouse-ssl-certificate-auth': 'on',
      'x-clickhouse-user': 'goldpan_estimator',
    })
    expect(seen.authorization).toBe(undefined)
  })

  it('does not speak to a client without the certificate that it wants', async () => {
    expect(await open({ ca: pem(certificates.ca) }, 'sesame')).toMatch(/^(?:AWAY|NOT_CLICKHOUSE)$/)
  })
})
