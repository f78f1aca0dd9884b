import { readFileSync } from 'node:fs'
import { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as TextBuilder, TextMode } from '@grafana/grafana-foundation-sdk/text'
import { placed } from '../house-dashboard.ts'
import { rules } from '../rules.ts'

/**
 * The pages of docs/noc in Grafana itself, one dashboard each under the uid of its rule, so that
 * the link of an alert leads somewhere without any other server.
 */
export const runbooks: Readonly<Record<string, () => DashboardBuilder>> = Object.fromEntries(
  [...rules, { uid: 'goldpan-runbooks', title: 'all of them' }].map(({ uid, title }) => [
    uid,
    () => runbook(uid, title),
  ]),
)

const folder = new URL('../../../docs/noc/', import.meta.url)

function runbook(uid: string, title: string): DashboardBuilder {
  const file = uid === 'goldpan-runbooks' ? 'README.md' : `${uid}.md`
  const text = readFileSync(new URL(file, folder), 'utf8').replace(/^# .*\n+/, '')
  const page = new TextBuilder().title('').mode(TextMode.Markdown).content(linkedHere(text))
  return new DashboardBuilder(`Runbook: ${title}`)
    .uid(uid)
    .description('What the alert means, and what to do first.')
    .tags(['goldpan-runbook'])
    .timezone('utc')
    .readonly()
    .withPanel(placed(page, { id: 1, x: 0, y: 0, w: 24, h: 26 }))
}

/** Links between the pages lead from dashboard to dashboard; others are no links here. */
const linkedHere = (text: string): string =>
  text
    .replaceAll(/\]\((goldpan-[\w-]+)\.md\)/g, '](/d/$1)')
    .replaceAll(/\[([^\]]+)\]\((?!\/d\/)[^)]+\)/g, '$1')
