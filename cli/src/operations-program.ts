import { type Command, InvalidArgumentError, Option } from 'commander'
import { lazily } from './lazy-command.ts'
import { portOption } from './port-option.ts'

/** The option of every command that reads the configuration. */
export const configOption = (): Option =>
  new Option(
    '--config <file>',
    'YAML file (default: $GOLDPAN_CONFIG, or /etc/goldpan/goldpan.yaml if it exists)',
  )

function addCheck(program: Command): void {
  program
    .command('check')
    .description('say whether the configuration is right: its file and GOLDPAN_… variables')
    .addOption(configOption())
    .action(lazily(() => import('./commands/check.ts')))
}

function addDumpConfig(program: Command): void {
  program
    .command('dump-config')
    .description('print the effective configuration and where each value comes from')
    .addOption(configOption())
    .action(lazily(() => import('./commands/dump-config.ts')))
}

function addHealthcheck(program: Command): void {
  program
    .command('healthcheck')
    .description('ask the services of this host whether they can do their work, for containers')
    .option('--url <url>', 'one service, such as http://127.0.0.1:9601 (default: those configured)')
    .option('--alive', 'only whether they turn, not whether they can do their work')
    .addOption(configOption())
    .action(lazily(() => import('./commands/healthcheck.ts')))
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!/^\d{1,4}$/.test(text) || seconds < 1 || seconds > 3600) {
    throw new InvalidArgumentError('write whole seconds from 1 to 3600.')
  }
  return seconds
}

interface DoctorFlags {
  readonly seconds: number
  readonly format: 'text' | 'json'
  readonly group?: string
}

function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('walk the stages from packet to finding and say at which one the data stop')
    .addOption(configOption())
    .option('-i, --interface <name>', 'interface of this sensor’s host, to look at the wire too')
    .addOption(portOption())
    .option('--bus <url>', 'bus to ask (default: bus.url)')
    .option('--warehouse <url>', 'warehouse to ask (default: warehouse.url)')
    .option('--group <name>', 'consumer group of the estimators (default: estimate.group)')
    .option('--capture-url <url>', 'where goldpan capture serves /metrics (default: configured)')
    .option('--estimate-url <url>', 'the same of goldpan estimate')
    .option('--watch-url <url>', 'the same of goldpan watch')
    .addOption(
      new Option('--seconds <number>', 'how long to look').default(5).argParser(parseSeconds),
    )
    .addOption(new Option('--format <format>').choices(['text', 'json']).default('text'))
    .action((flags: DoctorFlags) => lazily(() => import('./commands/doctor.ts'))(flags))
}

function addVersion(program: Command): void {
  program
    .command('version')
    .description('print the version')
    .option('--json', 'also Node, platform, and which native parts are there')
    .action(lazily(() => import('./commands/version.ts')))
}

/** The subcommands for those who run Goldpan's services. */
export function addOperations(program: Command): void {
  for (const add of [addCheck, addDumpConfig, addDoctor, addHealthcheck, addVersion]) add(program)
}
