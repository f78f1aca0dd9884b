import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readSites } from './site-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-sites-'))
afterAll(() => rmSync(folder, { recursive: true }))

function sitesOf(text: string) {
  const file = join(folder, 'sites.csv')
  writeFileSync(file, text)
  const read = readSites(file)
  return read.ok ? read.value : read.error.message.replace(`${folder}/`, '')
}

it('reads sites with reach, families and instrumented where they are, columns by name', () => {
  const text =
    '\ufeffcity,code,longitude,latitude,country,reach,families,instrumented,note\r\n' +
    '"Amsterdam, west",ams,4.9,52.37,NL,global,46,yes,x\r\n' +
    'Curaçao,cur,-68.96,12.19,CW,local,4,false,\r\n' +
    'Sydney,syd,151.21,-33.87,AU,,,,\r\n'
  expect(sitesOf(text)).toMatchInlineSnapshot(`
    [
      {
        "city": "Amsterdam, west",
        "code": "ams",
        "country": "NL",
        "families": "46",
        "instrumented": true,
        "latitude": 52.37,
        "longitude": 4.9,
        "reach": "global",
      },
      {
        "city": "Curaçao",
        "code": "cur",
        "country": "CW",
        "families": "4",
        "instrumented": false,
        "latitude": 12.19,
        "longitude": -68.96,
        "reach": "local",
      },
      {
        "city": "Sydney",
        "code": "syd",
        "country": "AU",
        "latitude": -33.87,
        "longitude": 151.21,
      },
    ]
  `)
})

const header = 'code,city,country,latitude,longitude,reach,families,instrumented\n'
it.each([
  ['a reach', 'ams,,,52,5,far,,', 'line 2: far is no reach (global or local) of ams'],
  ['families', 'ams,,,52,5,,5,', 'line 2: 5 are no families (4, 6 or 46) of ams'],
  ['a place', 'ams,,,95,5,,,', 'line 2: ams is at no latitude and longitude in degrees'],
  ['a code twice', 'ams,,,5,5,,,\nams,,,6,6,,,', 'line 3: ams is there already'],
])('names the line of %s that is wrong', (_what, row, sentence) => {
  expect(sitesOf(`${header}${row}\n`)).toContain(sentence)
})
