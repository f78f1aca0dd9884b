import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatReportHtml } from '@goldpan/report'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emptyReport, handMadeReport } from '../../packages/report/src/hand-made-report.ts'
import { findTool, missingTools } from './tools.ts'

const reason = missingTools(['chromium'])
const title = (text: string): string => (reason === undefined ? text : `${text} (${reason})`)

const folder = mkdtempSync(join(tmpdir(), 'goldpan-report-page-'))
let browser: Browser

interface Visit {
  readonly page: Page
  /** Requests but that for the page itself, messages and errors of it. */
  readonly noise: string[]
}

async function open(
  name: string,
  width: number,
  scheme: 'light' | 'dark' = 'light',
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    offline: true,
  })
  const page = await context.newPage()
  const noise: string[] = []
  const address = `file://${join(folder, name)}`
  page.on('request', (request) => {
    if (request.url() !== address && !request.url().startsWith('data:')) noise.push(request.url())
  })
  page.on('console', (message) => noise.push(message.text()))
  page.on('pageerror', (error) => noise.push(error.message))
  page.on('dialog', (dialog) => {
    noise.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.goto(address)
  return { page, noise }
}

/** Scripts are text: they run in the browser, whose types this house does not have. */
const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')

const namelessElements = `
  [...document.querySelectorAll('section, [role=img], [role=region]')]
    .filter((element) => {
      const by = element.getAttribute('aria-labelledby')
      const words = by === null
        ? element.getAttribute('aria-label')
        : document.getElementById(by)?.textContent
      return (words ?? '').trim() === ''
    })
    .map((element) => element.outerHTML.slice(0, 80))`

describe.skipIf(reason !== undefined)(title('the report in a browser'), () => {
  beforeAll(async () => {
    writeFileSync(join(folder, 'report.html'), await formatReportHtml(handMadeReport()))
    writeFileSync(join(folder, 'empty.html'), await formatReportHtml(emptyReport()))
    browser = await chromium.launch({
      executablePath: findTool('chromium')!,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    })
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true })
  })

  it.each([
    ['report.html', 1280],
    ['report.html', 768],
    ['report.html', 360],
    ['empty.html', 360],
  ])('opens %s offline at %i pixels, quietly, without sideways scrolling', async (name, width) => {
    const { page, noise } = await open(name, width)
    expect(noise).toEqual([])
    expect(await overflow(page)).toBe(0)
    for (const details of await page.locator('summary').all()) await details.click()
    expect(await overflow(page)).toBe(0)
    await page.context().close()
  })

  it('shows what is wrong first, with its sentence and its evidence', async () => {
    const { page } = await open('report.html', 1280)
    const headings = await page.locator('h2').allTextContents()
    expect(headings[0]).toBe('What is wrong')
    const finding = page.locator('article.finding').first()
    expect(await finding.locator('.sentence').textContent()).toContain('moved from ams to sin')
    expect(await finding.locator('.severity').textContent()).toBe('page')
    expect(await finding.locator('.bars').textContent()).toContain('158 ms')
    expect(await finding.locator('svg:visible').count()).toBe(1)
    await page.context().close()
  })

  it('draws every chart once, in a box that is to be seen', async () => {
    for (const width of [1280, 360]) {
      const { page } = await open('report.html', width)
      const figures = await page.locator('figure').count()
      const drawings = page.locator('figure svg:visible')
      expect(await drawings.count()).toBe(figures)
      for (const drawing of await drawings.all()) {
        const box = await drawing.boundingBox()
        expect(Math.min(box!.width, box!.height)).toBeGreaterThan(50)
      }
      await page.context().close()
    }
  })

  it('follows the light or dark setting, and prints on white', async () => {
    const paper = (page: Page): Promise<string> =>
      page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
    const light = await open('report.html', 1280)
    const dark = await open('report.html', 1280, 'dark')
    expect(await paper(light.page)).not.toBe(await paper(dark.page))
    await dark.page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    expect(await paper(dark.page)).toBe('rgb(255, 255, 255)')
    expect((await dark.page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000)
    await light.page.context().close()
    await dark.page.context().close()
  })

  it('has a name for every picture, table and section', async () => {
    const { page } = await open('report.html', 1280)
    const nameless = await page.evaluate(namelessElements)
    expect(nameless).toEqual([])
    expect(await page.title()).toContain('ns1.example')
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    await page.context().close()
  })
})
