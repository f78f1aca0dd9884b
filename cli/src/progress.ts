/** A progress line on standard error: share, rate and remaining time; nothing when it is no TTY. */
export interface Progress {
  show(label: string, bytesRead: number): void
  /** The input is done; the next one adds to it. */
  next(): void
  end(): void
}

const barWidth = 24
const millisBetweenLines = 100

/** Progress over `totalBytes` of input; folders have no size of their own, then there is no bar. */
export function createProgress(totalBytes: number): Progress {
  if (!process.stderr.isTTY) return { show() {}, next() {}, end() {} }
  const started = performance.now()
  let doneBytes = 0
  let currentBytes = 0
  let shown = Number.NEGATIVE_INFINITY
  return {
    show(label, bytesRead) {
      currentBytes = bytesRead
      const now = performance.now()
      if (now - shown < millisBetweenLines) return
      shown = now
      const bytes = doneBytes + bytesRead
      const seconds = (now - started) / 1000
      process.stderr.write(`\r\x1b[K${formatLine(label, bytes, totalBytes, seconds)}`)
    },
    next() {
      doneBytes += currentBytes
      currentBytes = 0
    },
    end() {
      process.stderr.write('\r\x1b[K')
    },
  }
}

function formatLine(label: string, bytes: number, total: number, seconds: number): string {
  const rate = bytes / Math.max(seconds, 0.001)
  const speed = `${(rate / 1e6).toFixed(0)} MB/s`
  if (total < bytes) return `${label}  ${(bytes / 1e6).toFixed(0)} MB  ${speed}`
  const share = bytes / total
  const bar = '#'.repeat(Math.round(share * barWidth)).padEnd(barWidth, '.')
  const left = Math.ceil((total - bytes) / rate)
  return `${label}  [${bar}] ${(share * 100).toFixed(0)} %  ${speed}  ${left} s left`
}
