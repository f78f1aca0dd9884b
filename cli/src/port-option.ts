import { InvalidArgumentError, Option } from 'commander'

function parsePort(text: string, previous: readonly number[] | undefined): number[] {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) {
    throw new InvalidArgumentError('a port is a number from 1 to 65535.')
  }
  return [...(previous ?? []), port]
}

export const portOption = (): Option =>
  new Option('--port <number>', 'server port, repeatable; given, it replaces 53').argParser(
    parsePort,
  )
