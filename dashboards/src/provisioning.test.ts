import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { grafanaQueryNames, readGrafanaQuery } from '@goldpan/warehouse'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { runbooks } from './dashboards/runbooks.ts'
import { dashboards } from './dashboards.ts'
import { grafanaEnvironment, provisioningTree } from './provisioning.ts'
import { rules } from './rules.ts'

const tree = provisioningTree()
const project = fileURLToPath(new URL('../..', import.meta.url))

interface BuiltPanel {
  readonly id: number
  readonly title: string
  readonly description: string
  readonly datasource: { readonly uid: string }
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly targets: readonly { readonly rawSql: string; readonly datasource: { uid: string } }[]
}
interface BuiltDashboard {
  readonly uid: string
  readonly annotations?: { readonly list: readonly object[] }
  readonly schemaVersion: number
  readonly panels: readonly BuiltPanel[]
}

const ofTree = (isWanted: (name: string) => boolean): BuiltDashboard[] =>
  [...tree]
    .filter(([path]) => path.endsWith('.json') && isWanted(basename(path, '.json')))
    .map(([, text]) => JSON.parse(text) as BuiltDashboard)
const built = ofTree((name) => name in dashboards)
const pages = ofTree((name) => name in runbooks)

const alerting = parse(tree.get('alerting/goldpan.yaml')!) as {
  groups: { rules: Record<string, unknown>[] }[]
}
const provisioned = alerting.groups.flatMap((group) => group.rules)

describe('the provisioning tree', () => {
  it('is committed as it is generated', () => {
    for (const [path, text] of tree) {
      expect(readFileSync(`${project}/dashboards/provisioning/${path}`, 'utf8')).toBe(text)
    }
  })

  it('names every environment variable that its files need', () => {
    const needed = [...tree.values()].flatMap((text) => text.match(/\$\{GOLDPAN_\w+\}/g) ?? [])
    const named = Object.keys(grafanaEnvironment).map((name) => `\${${name}}`)
    expect([...new Set(needed)].sort()).toEqual(named.sort())
  })

  it('holds no password', () => {
    const [datasource] = parse(tree.get('datasources/goldpan.yaml')!).datasources
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in.
    expect(datasource.secureJsonData).toEqual({ password: '${GOLDPAN_GRAFANA_PASSWORD}' })
    expect(datasource).toMatchObject({
      uid: 'goldpan-clickhouse',
      type: 'grafana-clickhouse-datasource',
    })
  })
})

describe('dashboards', () => {
  it('keep their uids, which are in links', () => {
    expect(built.map(({ uid }) => uid)).toEqual(['goldpan-noc', 'goldpan-site'])
    expect(Object.keys(dashboards)).toEqual(['noc-overview', 'site'])
  })

  it.each(built)('$uid has panels with numbers of their own, side by side', ({ panels }) => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const [index, { gridPos: left }] of panels.entries()) {
      expect(left.x + left.w).toBeLessThanOrEqual(24)
      for (const { gridPos: right } of panels.slice(index + 1)) {
        const apart =
          left.x + left.w <= right.x ||
          right.x + right.w <= left.x ||
          left.y + left.h <= right.y ||
          right.y + right.h <= left.y
        expect(apart).toBe(true)
      }
    }
  })

  it.each(built)('$uid names one datasource, and every panel says what it reads', (dashboard) => {
    for (const { datasource, targets, description } of dashboard.panels) {
      expect([datasource, ...targets.map((target) => target.datasource)]).toEqual(
        [datasource, ...targets].map(() => ({
          type: 'grafana-clickhouse-datasource',
          uid: 'goldpan-clickhouse',
        })),
      )
      expect(description).toMatch(/^Reads \w+/)
    }
  })

  it.each(built)('$uid shows findings over its pictures', ({ annotations }) => {
    const { sql } = readGrafanaQuery('annotation-findings')
    expect(annotations!.list).toEqual([
      expect.objectContaining({
        ...{ name: 'Findings', enable: true, datasource: expect.anything() },
        target: expect.objectContaining({ rawSql: sql, queryType: 'table', format: 1 }),
      }),
    ])
  })

  it('use every statement of the warehouse that is named a panel', () => {
    const used = built.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets))
    const statements = new Set(used.map(({ rawSql }) => rawSql))
    const panels = grafanaQueryNames.filter((name) => name.startsWith('panel-'))
    expect(panels.filter((name) => !statements.has(readGrafanaQuery(name).sql))).toEqual([])
  })
})

describe('the runbooks in Grafana', () => {
  it('are dashboards of the uids that the links of alerts end in', () => {
    expect(pages.map(({ uid }) => uid).sort()).toEqual(
      [...rules.map(({ uid }) => uid), 'goldpan-runbooks'].sort(),
    )
  })

  it('hold the pages of docs/noc, whose links lead to one another', () => {
    const linked = pages.flatMap(({ panels }) => {
      const { content } = (panels[0] as unknown as { options: { content: string } }).options
      expect(content.length).toBeGreaterThan(300)
      // Grafana would take it for a variable.
      expect(content).not.toMatch(/\$\{?\w/)
      return [...content.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!)
    })
    expect(linked.length).toBeGreaterThan(4)
    const uids = pages.map(({ uid }) => `/d/${uid}`)
    expect(linked.filter((link) => !uids.includes(link))).toEqual([])
  })
})

describe('alert rules', () => {
  it('keep their uids, by which Grafana knows them', () => {
    expect(provisioned.map(({ uid }) => uid)).toEqual([
      'goldpan-finding-page-open',
      'goldpan-sensor-silent',
      'goldpan-ingest-lags',
      'goldpan-analyzer-lags',
      'goldpan-dead-letters',
    ])
  })

  it('each have a runbook page, and no page is left over', () => {
    const pages = readdirSync(`${project}/docs/noc`).filter((file) => file !== 'README.md')
    expect(pages.sort()).toEqual(rules.map(({ uid }) => `${uid}.md`).sort())
    for (const { uid, annotations } of provisioned) {
      const { runbook_url } = annotations as Record<string, string>
      expect(runbook_url).toBe(`\${GOLDPAN_RUNBOOKS}/${uid}`)
      expect(existsSync(`${project}/docs/noc/${uid}.md`)).toBe(true)
    }
  })

  it('find their runbooks where they are told to', () => {
    const runbooksAt = 'https://grafana.example/d'
    const text = provisioningTree({ runbooks: runbooksAt }).get('alerting/goldpan.yaml')!
    expect(text).not.toContain('GOLDPAN_')
    for (const { uid } of rules) expect(text).toContain(`runbook_url: ${runbooksAt}/${uid}\n`)
  })

  it('use no variable of a dashboard: there is none when a rule runs', () => {
    for (const { query } of rules) expect(readGrafanaQuery(query).sql).not.toMatch(/\$\{|\$site/)
  })

  it('have no dollar in their texts, which provisioning would take as its own', () => {
    for (const { annotations } of provisioned) {
      const { runbook_url: _, ...texts } = annotations as Record<string, string>
      expect(Object.values(texts).join()).not.toContain('$')
    }
  })

  it('name the number of a row by its query: `.Value` alone would print labels, too', () => {
    for (const { annotations } of provisioned) {
      expect(Object.values(annotations as object).join()).not.toMatch(/\.Value\b/)
    }
  })

  it('point at a panel that is there', () => {
    const noc = built.find(({ uid }) => uid === 'goldpan-noc')!
    for (const { panelId, dashboardUid } of provisioned) {
      expect(dashboardUid).toBe('goldpan-noc')
      expect(noc.panels.map(({ id }) => id)).toContain(panelId)
    }
  })

  it('ask for texts and one number, which Grafana takes as one alert a row', () => {
    for (const { data, condition } of provisioned) {
      const steps = data as { refId: string; model: Record<string, unknown> }[]
      expect(steps.map(({ refId }) => refId)).toEqual(['A', 'B', 'C'])
      expect(condition).toBe('C')
      expect(steps[0]!.model).toMatchObject({ editorType: 'sql', queryType: 'table', format: 1 })
      expect(steps[1]!.model).toMatchObject({ type: 'reduce', expression: 'A' })
      expect(steps[2]!.model).toMatchObject({ type: 'threshold', expression: 'B' })
    }
  })

  it('say what an empty answer means', () => {
    expect(provisioned.map(({ uid, noDataState }) => [uid, noDataState])).toEqual([
      ['goldpan-finding-page-open', 'OK'],
      ['goldpan-sensor-silent', 'Alerting'],
      ['goldpan-ingest-lags', 'Alerting'],
      ['goldpan-analyzer-lags', 'OK'],
      ['goldpan-dead-letters', 'OK'],
    ])
  })

  it('wake nobody by themselves: contact points are the operator’s', () => {
    expect(Object.keys(alerting)).toEqual(['apiVersion', 'groups'])
    expect(tree.get('alerting/goldpan.yaml')).not.toContain('notification_settings')
  })
})
