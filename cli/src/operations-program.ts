import { type Command, Option } from 'commander'
import { lazily } from './lazy-command.ts'

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

function addVersion(program: Command): void {
  program
    .command('version')
    .description('print the version')
    .option('--json', 'also Node, platform, and which native parts are there')
    .action(lazily(() => import('./commands/version.ts')))
}

/** The subcommands for those who run Goldpan's services. */
export function addOperations(program: Command): void {
  for (const add of [addCheck, addDumpConfig, addHealthcheck, addVersion]) add(program)
}
