import { accessSync, constants, fstatSync, statSync, writeFileSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { err, ok, type Result } from '@goldpan/core'
import { formatReportHtml, formatReportsJson, formatReportText, type Report } from '@goldpan/report'

export interface ReportOutput {
  readonly format: 'text' | 'json'
  /** File of the page; none where it is absent. */
  readonly html?: string
}

/** Whether the page can be written, told before an hour of work and not after it. */
export function checkHtmlFile(file: string): Result<undefined, string> {
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
      return err(`--html ${file} is a folder: name a file in it`)
    }
    accessSync(dirname(file), constants.W_OK)
    return ok(undefined)
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code
    return err(`--html ${file} cannot be written (${reason}): name a file in a folder that exists`)
  }
}

/** The reports to standard output, and each as a page where one is asked for. */
export async function writeReports(
  reports: readonly Report[],
  { format, html }: ReportOutput,
): Promise<Result<undefined, string>> {
  let written: Result<undefined, string> = ok(undefined)
  if (html !== undefined) {
    try {
      for (const report of reports) {
        const page = reports.length === 1 ? html : pageOf(html, report.service)
        writeFileSync(page, await formatReportHtml(report))
      }
    } catch (error) {
      written = err(`${html} cannot be written: ${(error as Error).message}`)
    }
  }
  process.stdout.write(
    format === 'json' ? formatReportsJson(reports) : reports.map(formatText).join('\n\n'),
  )
  return written
}

/** The page of one of several services: report.html becomes report-ns1.example.html. */
function pageOf(html: string, service: string): string {
  const extension = extname(html)
  return `${html.slice(0, html.length - extension.length)}-${service}${extension}`
}

const formatText = (report: Report): string =>
  formatReportText(isSameOutput() ? withoutComplaints(report) : report, {
    colour: process.stdout.isTTY === true,
  })

/** What was complained of stands on standard error: once is enough for who reads both. */
const withoutComplaints = (report: Report): Report => ({
  ...report,
  captures: report.captures.map((capture) => ({ ...capture, damages: [], notes: [] })),
})

/** Whether standard output and error go to one terminal, pipe or file. */
function isSameOutput(): boolean {
  try {
    const [out, error] = [fstatSync(1), fstatSync(2)]
    return out.dev === error.dev && out.ino === error.ino
  } catch {
    return false
  }
}
