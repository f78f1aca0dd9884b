import type { Migration, MigrationVariant } from './migrate.ts'
import type { Warehouse } from './warehouse.ts'

/** What kind of server a warehouse is on, as far as its tables differ by it. */
export interface ServerKind {
  readonly database: string
  /** Where replicas of a table find each other in the Keeper; undefined: there is no Keeper. */
  readonly replication: { readonly path: string; readonly replica: string } | undefined
  /** Tables are made on every node of this cluster, and read and written through Distributed. */
  readonly cluster?: string
}

/** What a cluster's tables are cut by: the same rows go to the same shard at every try. */
const shardKeys: Readonly<Record<string, string>> = {
  handshakes: 'cityHash64(service, prefix)',
  traffic: 'cityHash64(service, site)',
  traffic_by_site_1m: 'cityHash64(service, site)',
  sensor_status: 'cityHash64(service, site, sensor)',
  ingests: 'cityHash64(service, site, sensor, boot, topic)',
  dead_letters: 'cityHash64(topic, bus_partition)',
  findings: 'cityHash64(service, id)',
  finding_events: 'cityHash64(service, id)',
  analyzer_states: 'cityHash64(service)',
  migrations: 'number',
  sites: 'cityHash64(code)',
  networks: 'asn',
  as_groups: 'asn',
}

/** Suffix of the database that holds a cluster's Distributed tables. */
export const distributedSuffix = '_all'

const created =
  /^CREATE (TABLE|MATERIALIZED VIEW|VIEW|DICTIONARY|ROLE|USER|SETTINGS PROFILE) IF NOT EXISTS (\w+)/

/** The statements of a migration for a kind of server. */
export function serverVariant(kind: ServerKind): MigrationVariant {
  return ({ statements }: Migration) =>
    statements.flatMap((statement) => {
      const own = replicate(statement, kind)
      const all = kind.cluster ? clusterStatements(own, kind, kind.cluster) : [own]
      return all.map((text) => text.replaceAll('{database}', kind.database))
    })
}

/** A statement on every node, and what the database of Distributed tables needs for it. */
function clusterStatements(statement: string, kind: ServerKind, cluster: string): string[] {
  const spread = statement.replaceAll('{database}', `{database}${distributedSuffix}`)
  if (statement.startsWith('GRANT ')) {
    const grants = statement.includes('{database}') ? [statement, spread] : [statement]
    return grants.map((grant) => grant.replace('GRANT ', `GRANT ON CLUSTER ${cluster} `))
  }
  const altered = /^ALTER TABLE (\w+)/.exec(statement)
  if (altered) {
    return [altered[1]!, `{database}${distributedSuffix}.${altered[1]}`].map((table) =>
      statement.replace(altered[0], `ALTER TABLE ${table} ON CLUSTER ${cluster}`),
    )
  }
  const [, object, name] = created.exec(statement) ?? []
  const own = object === 'DICTIONARY' ? spread : statement
  const onEveryNode = own.replace(created, `$& ON CLUSTER ${cluster}`)
  return object === 'TABLE' || object === 'VIEW'
    ? [onEveryNode, distributed(name!, kind, cluster)]
    : [onEveryNode]
}

/** A table's engine replicated, where there is a Keeper. */
function replicate(statement: string, { replication }: ServerKind): string {
  if (!replication) return statement
  const { path, replica } = replication
  return statement
    .replace(/ENGINE = (\w*)MergeTree(?:\(([^)]*)\))?/, (_, kind: string, argument?: string) => {
      const rest = argument ? `, ${argument}` : ''
      return `ENGINE = Replicated${kind}MergeTree('${path}', '${replica}'${rest})`
    })
    .replace(
      /non_replicated_deduplication_window = (\d+)/,
      'replicated_deduplication_window = $1, replicated_deduplication_window_seconds = 604800',
    )
}

function distributed(name: string, { database }: ServerKind, cluster: string): string {
  const key = shardKeys[name.replace(/_rows$/, '')] ?? 'cityHash64(service, site)'
  return (
    `CREATE TABLE IF NOT EXISTS ${database}${distributedSuffix}.${name} ON CLUSTER ${cluster} ` +
    `AS ${database}.${name} ENGINE = Distributed('${cluster}', '${database}', '${name}', ${key})`
  )
}

/** Databases of a cluster, which its tables need first. */
export function clusterDatabases({ database, cluster }: ServerKind): string[] {
  if (!cluster) return []
  return [database, `${database}${distributedSuffix}`].map(
    (name) => `CREATE DATABASE IF NOT EXISTS ${name} ON CLUSTER ${cluster}`,
  )
}

/** Asks a server whether it has a Keeper and how its replicas are named. */
export async function readServerKind(
  warehouse: Warehouse,
  options: { readonly database: string; readonly cluster?: string },
): Promise<ServerKind> {
  const [keeper] = await warehouse.query<{ tables: number }>(
    `SELECT toUInt32(count()) AS tables FROM system.tables
     WHERE database = 'system' AND name = 'zookeeper'`,
  )
  if (!keeper || keeper.tables === 0) return { ...options, replication: undefined }
  const macros = await warehouse.query<{ macro: string }>('SELECT macro FROM system.macros')
  const has = (name: string): boolean => macros.some(({ macro }) => macro === name)
  const shard = has('shard') ? '{shard}' : 'one'
  return {
    ...options,
    replication: {
      path: `/clickhouse/tables/${shard}/${options.database}/{table}`,
      replica: has('replica') ? '{replica}' : 'one',
    },
  }
}

/** How a server's tables are kept, in one sentence for the log. */
export function describeServerKind({ replication, cluster }: ServerKind): string {
  const where = cluster ? ` on every node of the cluster ${cluster}` : ''
  return replication
    ? `tables are replicated through the Keeper${where}`
    : `the server has no Keeper: tables are plain MergeTree${where}; ` +
        'a block that is being written when the server is killed may be lost on its retry'
}
