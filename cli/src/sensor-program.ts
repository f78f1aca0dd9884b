import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CaptureCommandOptions } from './commands/capture.ts'
import { lazily } from './lazy-command.ts'
import { configOption } from './operations-program.ts'

const captureHelp = `
One of -i and -r says where packets come from. FILE is a capture or a folder of captures; - is a
live pipe:
  tcpdump -i eth0 -U -s 128 -w - 'port 53 or (vlan and (port 53 or (vlan and port 53)))' |
    goldpan capture -r -
What is not given here comes from the configuration file and GOLDPAN_… variables.`

/** `goldpan capture`: the sensor. */
export function addCapture(program: Command, portOption: () => Option): void {
  const command = program
    .command('capture')
    .description('run a sensor: handshakes of an interface, a file or a pipe to the bus')
    .option('-i, --interface <name>', 'interface to capture on')
    .option('-r, --read <file>', 'capture to read, repeatable; - for a live pipe', collect)
    .option('--service <name>', 'the anycast service measured, such as ns1.example')
    .option('--services <file>', 'CSV address,service: which server addresses are whose')
    .option('--site <code>', 'code of the site that this sensor is at')
    .option('--sensor <name>', 'name of this sensor at its site (default: the name of the host)')
    .option('--to <bus>', 'kafka://HOST:PORT[,…], kafka+tls://HOST:PORT[,…] or file:DIR')
    .addOption(portOption())
    .addOption(
      new Option('--clients <what>', 'what leaves the site of a client (default: prefix)').choices([
        'prefix',
        'tagged',
        'full',
      ]),
    )
    .option('--traffic <what>', 'count DNS queries: full, sampled=1/N or off (default: full)')
    .addOption(configOption())
    .addHelpText('after', captureHelp)
  command.action((options: CaptureCommandOptions) => {
    const { read = [], interface: device } = options
    if ((device === undefined) === (read.length === 0)) {
      command.error('error: one of -i INTERFACE and -r FILE says where packets come from')
    }
    if (read.includes('-') && read.length > 1) {
      command.error('error: -r - stands alone: a pipe is read until it ends')
    }
    return lazily(() => import('./commands/capture.ts'))(options)
  })
}

function collect(text: string, previous: readonly string[] | undefined): string[] {
  if (text === '') throw new InvalidArgumentError('it names no file.')
  return [...(previous ?? []), text]
}
