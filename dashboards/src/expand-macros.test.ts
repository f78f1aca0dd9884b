import { describe, expect, it } from 'vitest'
import { expandStatement } from './expand-macros.ts'

/** The time range and the expansions that the plugin's own tests use (pkg/macros of 4.x). */
const time = {
  fromMillis: Date.parse('2014-11-12T11:45:26.371Z'),
  toMillis: Date.parse('2015-11-12T11:45:26.371Z'),
  intervalSeconds: 20,
}

describe('expandStatement', () => {
  it.each([
    ['$__fromTime', 'toDateTime(1415792726)'],
    ['$__toTime', 'toDateTime(1447328726)'],
    ['$__timeFilter(col)', 'col >= toDateTime(1415792726) AND col <= toDateTime(1447328726)'],
    ['$__timeInterval(col)', 'toStartOfInterval(toDateTime(col), INTERVAL 20 second)'],
    ['$__interval_s', '20'],
  ])('expands %s as the plugin does', (macro, wanted) => {
    expect(expandStatement(`select ${macro} from foo`, time)).toBe(`select ${wanted} from foo`)
  })

  it('never makes a slot shorter than a second', () => {
    expect(expandStatement('$__interval_s', { ...time, intervalSeconds: 0.2 })).toBe('1')
  })

  it('quotes the values of a variable as Grafana’s sqlstring format does', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a statement as Grafana holds it.
    const sql = 'site IN (${site:sqlstring}) AND v IN (${v:csv})'
    expect(expandStatement(sql, time, { site: ['ams', "o'hare"], v: [4, 6] })).toBe(
      "site IN ('ams','o''hare') AND v IN (4,6)",
    )
  })

  it.each(['$__dateFilter(day)', '$__unheardOf'])('refuses %s, which it does not know', (sql) => {
    expect(() => expandStatement(sql, time)).toThrow('is not expanded here')
  })
})
