import { readFileSync } from 'node:fs'
import type { ServiceAddresses } from '@goldpan/capture'
import { err, explainUnreadable, formatAddress, ok, parseAddress, type Result } from '@goldpan/core'
import { badLine, type CsvRow, parseCsv } from '@goldpan/runtime/csv-file'

const serviceName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/

/** Reads `address,service`: which server addresses are whose, services in the order of the file. */
export function readServices(file: string): Result<ServiceAddresses[], string> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return err(explainUnreadable(file, error))
  }
  const rows = parseCsv(file, text, ['address', 'service'])
  if (!rows.ok) return err(rows.error.message)
  if (rows.value.length === 0) {
    return err(`${file} names no service: give it lines of address,service`)
  }
  const services = new Map<string, Uint8Array[]>()
  const owners = new Map<string, string>()
  for (const row of rows.value) {
    const read = toAddress(row)
    if (typeof read === 'string') return err(badLine(file, row.line, read).message)
    const { service, address } = read
    const name = formatAddress(address)
    const owner = owners.get(name)
    if (owner !== undefined && owner !== service) {
      return err(badLine(file, row.line, `${name} is of ${owner} already`).message)
    }
    if (owner !== undefined) continue
    owners.set(name, service)
    services.set(service, [...(services.get(service) ?? []), address])
  }
  return ok([...services].map(([service, addresses]) => ({ service, addresses })))
}

function toAddress({ field }: CsvRow): { service: string; address: Uint8Array } | string {
  const text = field('address')
  const service = field('service')
  if (text === undefined) return 'the row has no address'
  if (service === undefined) return `${text} has no service`
  const address = parseAddress(text)
  if (!address) return `${text} is no address`
  if (!serviceName.test(service))
    return `${service} is no name of a service (letters, digits, . _ -)`
  return { service, address }
}

/** The services that are asked for; with a name, that one alone. The error is one sentence. */
export function chooseServices(
  file: string,
  services: readonly ServiceAddresses[],
  name: string | undefined,
): Result<readonly string[], string> {
  const names = services.map(({ service }) => service)
  if (name === undefined) return ok(names)
  if (names.includes(name)) return ok([name])
  return err(`${file} has no address of ${name}: it names ${names.join(', ')}`)
}
