import { Command, type CommanderError, Option } from 'commander'
import { exitCode } from './exit-code.ts'
import { lazily } from './lazy-command.ts'
import { addOperations, configOption } from './operations-program.ts'
import { portOption } from './port-option.ts'
import { addCapture } from './sensor-program.ts'
import { version } from './version.ts'

const collect = (text: string, previous: readonly string[] | undefined): string[] => [
  ...(previous ?? []),
  text,
]

const warehouseOption = (): Option =>
  new Option(
    '--warehouse <where>',
    'folder of an embedded warehouse, or http(s)://USER@HOST:PORT/DB (default: your state folder)',
  )

const inputHelp = `
INPUT is a capture (pcap, pcapng, also gzip or zstd), a file that \`goldpan handshakes\` wrote (csv
or arrow), - for one of these from standard input, or a folder of captures (read in time order).`

function addHandshakes(program: Command): void {
  program
    .command('handshakes')
    .description('print the handshake RTTs of captures, one row per handshake')
    .argument('<input...>')
    .addOption(portOption())
    .addOption(new Option('--format <format>').choices(['csv', 'json', 'arrow']).default('csv'))
    .addHelpText('after', inputHelp)
    .action((inputs: string[], options: { port?: number[]; format: 'csv' | 'json' | 'arrow' }) =>
      lazily(() => import('./commands/handshakes.ts'))({
        inputs,
        ports: options.port ?? [53],
        format: options.format,
      }),
    )
}

interface AnalyzeFlags {
  service?: string
  services?: string
  sites?: string
  networks?: string[]
  exclude?: string
  warehouse?: string
  format: 'text' | 'json'
  html?: string
  port?: number[]
}

function addAnalyze(program: Command): void {
  const command = program
    .command('analyze')
    .description('read the captures of each site and say what is wrong')
    .argument('<site=input...>', 'site code and its captures, such as ams=ams.pcap syd=syd/')
    .option('--service <name>', 'the anycast service measured, such as ns1.example')
    .option('--services <file>', 'CSV address,service: server addresses of several services')
    .option('--sites <file>', 'CSV: code,city,country,latitude,longitude')
    .option(
      '--networks <file>',
      'CSV prefix,asn,name,country; MMDB; or CAIDA pfx2as; repeatable',
      collect,
    )
    .option('--exclude <file>', 'addresses or prefixes kept out of every aggregate, one a line')
    .addOption(warehouseOption())
    .addOption(new Option('--format <format>').choices(['text', 'json']).default('text'))
    .option('--html <file>', 'also write the report as one self-contained page')
    .addOption(portOption())
    .addHelpText('after', inputHelp)
  command.action((inputs: string[], flags: AnalyzeFlags) => {
    if (flags.service === undefined && flags.services === undefined) {
      command.error("error: required option '--service <name>' not specified")
    }
    return lazily(() => import('./commands/analyze.ts'))({
      ...flags,
      inputs,
      networks: flags.networks ?? [],
      ports: flags.port ?? [53],
    })
  })
}

function addFindings(program: Command): void {
  program
    .command('findings')
    .description('what the last analysis found, worst first')
    .option('--open', 'only those that are open')
    .option(
      '--since <duration>',
      'opened or resolved within this time before the data end, such as 7d or 12h',
    )
    .addOption(warehouseOption())
    .addOption(new Option('--format <format>').choices(['text', 'json']).default('text'))
    .action(lazily(() => import('./commands/findings.ts')))
}

function addSql(program: Command): void {
  program
    .command('sql')
    .description('query the warehouse (read only)')
    .argument('<statement>', 'such as "select site, median(rtt_us) from handshakes group by site"')
    .addOption(warehouseOption())
    .option('--format <format>', 'any output format of ClickHouse', 'PrettyCompact')
    .action((statement: string, options: { warehouse?: string; format: string }) =>
      lazily(() => import('./commands/sql.ts'))({ statement, ...options }),
    )
}

function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('make or update the tables of a warehouse')
    .requiredOption('--warehouse <where>', 'folder, or http(s)://USER@HOST:PORT/DB')
    .option('--cluster <name>', 'tables on every node of a cluster; read and write them in DB_all')
    .option('--retention <days>', 'default, none, or TABLE=30d,… : what a live server forgets')
    .option(
      '--password <user=file>',
      'give a user of the migrations the password in a file, repeatable',
      collect,
    )
    .action((flags: { warehouse: string; password?: string[] }) =>
      lazily(() => import('./commands/migrate.ts'))({ ...flags, password: flags.password ?? [] }),
    )
}

function addSimulate(program: Command): void {
  program
    .command('simulate')
    .description('make the captures of an anycast world with known truth')
    .argument('<world>', 'YAML file, see docs/reference/world.md')
    .requiredOption(
      '--out <dir>',
      'folder for the captures, sites.csv, networks.csv and truth.json',
    )
    .option('--handshakes-only', 'write handshake files instead of packets (much faster)')
    .action((world: string, options: { out: string; handshakesOnly?: boolean }) =>
      lazily(() => import('./commands/simulate.ts'))({ world, ...options }),
    )
}

function addReplay(program: Command): void {
  program
    .command('replay')
    .description('write what the sensor of one simulated site sees to stdout, as it happens')
    .argument('<world>', 'YAML file, see docs/reference/world.md')
    .requiredOption('--site <code>', 'one of the sites of the world')
    .option('--since <duration>', 'begin so long before this hour, at once, such as 2h', '0h')
    .action((world: string, options: { site: string; since: string }) =>
      lazily(() => import('./commands/replay.ts'))({ world, ...options }),
    )
}

function addDashboards(program: Command): void {
  program
    .command('dashboards')
    .description('write what Grafana is provisioned with: datasource, dashboards, alert rules')
    .requiredOption('--out <dir>', "folder for the files, such as Grafana's provisioning folder")
    .option(
      '--runbooks <url>',
      'where alerts find their runbooks, such as https://grafana.example/d',
    )
    .action(lazily(() => import('./commands/dashboards.ts')))
}

function addDemo(program: Command): void {
  program
    .command('demo')
    .description('simulate a day of six sites, analyze it, and show what was found')
    .option('--out <dir>', 'folder for the captures and the report')
    .action(lazily(() => import('./commands/demo.ts')))
}

function addEstimate(program: Command): void {
  program
    .command('estimate')
    .description('take what sensors sent from the bus into the warehouse, each row once')
    .option('--from <bus>', 'kafka://HOST:PORT[,…], kafka+tls://HOST:PORT[,…] or file:DIR')
    .addOption(warehouseOption())
    .option('--group <name>', 'consumer group; estimators of one warehouse share it')
    .option('--networks <file>', 'CSV prefix,asn,name,country; MMDB; or CAIDA pfx2as', collect)
    .option('--sites <file>', 'CSV: code,city,country,latitude,longitude')
    .option('--config <file>', 'YAML file, see docs/reference/configuration.md')
    .action(lazily(() => import('./commands/estimate.ts')))
}

interface WatchFlags {
  warehouse?: string
  service?: string[]
  config?: string
  untilCaughtUp?: boolean
}

function addWatch(program: Command): void {
  program
    .command('watch')
    .description('run the analyzer live: decide each minute, keep findings up to date')
    .addOption(warehouseOption())
    .option('--service <name>', 'watch this service alone, repeatable (default: all)', collect)
    .option('--until-caught-up', 'end when nothing more can be decided')
    .option('--config <file>', 'YAML file, see docs/reference/configuration.md')
    .action((flags: WatchFlags) => lazily(() => import('./commands/watch.ts'))(flags))
}

function addDeadLetters(program: Command): void {
  program
    .command('deadletters')
    .description('list the messages that estimators could not take, oldest first')
    .option('--from <bus>', 'kafka://HOST:PORT[,…] or kafka+tls://HOST:PORT[,…] (default: bus.url)')
    .option('--reason <reason>', 'only those of this reason, such as wrong_version')
    .option('--since <duration>', 'only what arrived within this time, such as 7d or 12h')
    .addOption(new Option('--format <format>').choices(['text', 'json']).default('text'))
    .addOption(configOption())
    .action(lazily(() => import('./commands/deadletters.ts')))
}

function addTest(program: Command): void {
  program
    .command('test')
    .description('run the tests of this checkout')
    .argument('[filter...]', 'only test files whose path contains one of these')
    .allowUnknownOption()
    .action((filters: string[]) => lazily(() => import('./commands/test.ts'))({ filters }))
}

/** In the order in which help names them. */
const commands = [
  addDemo,
  addAnalyze,
  addHandshakes,
  addFindings,
  addSql,
  addMigrate,
  addSimulate,
  addReplay,
  addEstimate,
  addWatch,
  addDeadLetters,
  addDashboards,
  (program: Command) => addCapture(program, portOption),
  addOperations,
  addTest,
]

/** The whole command line; usage errors end the process with exit code 2. */
export function createProgram(): Command {
  const program = new Command('goldpan')
    .description('Passive DNS latency monitoring for anycast operators.')
    .version(`goldpan ${version}`, '-V, --version')
    .showHelpAfterError('(add --help for the options)')
    .exitOverride((error: CommanderError) => {
      process.exit(error.exitCode === 0 ? exitCode.done : exitCode.usage)
    })
  for (const addCommand of commands) addCommand(program)
  return program
}
