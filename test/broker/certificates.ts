import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A certificate authority of the tests and what it signed, as PEM files in one folder. */
export interface Certificates {
  readonly ca: string
  /** Key and certificate in one file, as the broker wants them. */
  readonly server: string
  readonly clientKey: string
  readonly clientCertificate: string
  /** Another authority, which signed nothing here. */
  readonly strangerCa: string
}

const openssl = (...args: string[]): void => {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

const subject = (name: string): string[] => ['-subj', `/CN=${name}`, '-days', '2']
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Makes an authority, a server certificate for 127.0.0.1, and one for a client. */
export function makeCertificates(folder: string): Certificates {
  const file = (name: string): string => join(folder, name)
  for (const authority of ['ca', 'stranger']) {
    const out = ['-keyout', file(`${authority}.key`), '-out', file(`${authority}.pem`)]
    openssl('req', '-x509', ...newKey, ...subject(`goldpan test ${authority}`), ...out)
  }
  for (const name of ['server', 'client']) {
    const alternatives = file(`${name}.ext`)
    writeFileSync(alternatives, 'subjectAltName=IP:127.0.0.1\n')
    const request = file(`${name}.csr`)
    const out = ['-keyout', file(`${name}.key`), '-out', request]
    openssl('req', '-new', ...newKey, '-subj', `/CN=${name}`, ...out)
    const authority = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial']
    const signed = ['-days', '2', '-extfile', alternatives, '-out', file(`${name}.pem`)]
    openssl('x509', '-req', '-in', request, ...authority, ...signed)
  }
  const both = readFileSync(file('server.key'), 'utf8') + readFileSync(file('server.pem'), 'utf8')
  writeFileSync(file('server-both.pem'), both)
  return {
    ca: file('ca.pem'),
    server: file('server-both.pem'),
    clientKey: file('client.key'),
    clientCertificate: file('client.pem'),
    strangerCa: file('stranger.pem'),
  }
}
