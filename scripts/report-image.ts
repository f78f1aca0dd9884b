/**
 * Makes docs/images/report.png, the picture in the README: the top of the page that `goldpan demo`
 * writes, as Chromium shows it.
 * Usage: node scripts/report-image.ts [REPORT.html]   (without a page it runs the demo first)
 */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

const image = fileURLToPath(new URL('../docs/images/report.png', import.meta.url))
const size = { width: 1160, height: 1340 }
/** What a README may weigh. */
const bytesMax = 400_000

function runDemo(): string {
  const folder = mkdtempSync(join(tmpdir(), 'goldpan-image-'))
  const main = fileURLToPath(new URL('../cli/src/main.ts', import.meta.url))
  const { status } = spawnSync(process.execPath, [main, 'demo', '--out', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error(`goldpan demo ended with ${status}`)
  return join(folder, 'report.html')
}

const page = resolve(process.argv[2] ?? runDemo())
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
})
const tab = await browser.newPage({ viewport: size, colorScheme: 'light' })
await tab.goto(pathToFileURL(page).href)
mkdirSync(dirname(image), { recursive: true })
await tab.screenshot({ path: image })
await browser.close()
const { size: bytes } = statSync(image)
if (bytes > bytesMax) throw new Error(`${image} has ${bytes} bytes, at most ${bytesMax}`)
console.log(`${image}: ${bytes} bytes`)
