/** A progress line on standard error: share, rate and remaining time; nothing when it is no TTY. */
export interface Progress {
  show(label: string, done: number): void
  /** The input is done; the next one adds to it. */
  next(): void
  end(): void
}

export interface ProgressOptions {
  /** All there is to do, in `unit`; less than what is done: unknown. */
  readonly total: number
  readonly unit: 'bytes' | 'minutes'
}

const barWidth = 24
const millisBetweenLines = 100

/** Progress over a known (or unknown) amount of work. */
export function createProgress(options: ProgressOptions): Progress {
  if (!process.stderr.isTTY) return { show() {}, next() {}, end() {} }
  const started = performance.now()
  let before = 0
  let current = 0
  let shown = Number.NEGATIVE_INFINITY
  return {
    show(label, done) {
      current = done
      const now = performance.now()
      if (now - shown < millisBetweenLines) return
      shown = now
      const seconds = (now - started) / 1000
      writeLine(formatProgressLine(label, { ...options, done: before + done, seconds }))
    },
    next() {
      before += current
      current = 0
    },
    end: clearLine,
  }
}

/** Says what is going on where its end cannot be told; the next progress line replaces it. */
export function showStep(text: string): void {
  if (process.stderr.isTTY) writeLine(`${text} …`)
}

export function clearLine(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
}

const writeLine = (line: string): void => {
  process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`)
}

const formatAmount = (amount: number, unit: ProgressOptions['unit']): string =>
  unit === 'bytes'
    ? `${(amount / 1e6).toFixed(0)} MB`
    : `${Math.round(amount).toLocaleString('en-US')} minutes`

/** `ams  [######......] 50 %  120 MB/s  4 s left`. */
export function formatProgressLine(
  label: string,
  { done, total, unit, seconds }: ProgressOptions & { done: number; seconds: number },
): string {
  const rate = done / Math.max(seconds, 0.001)
  const speed = `${formatAmount(rate, unit)}/s`
  if (total < done || total === 0) return `${label}  ${formatAmount(done, unit)}  ${speed}`
  const share = done / total
  const bar = '#'.repeat(Math.round(share * barWidth)).padEnd(barWidth, '.')
  const left = done === 0 ? '' : `  ${formatSeconds((total - done) / rate)} left`
  return `${label}  [${bar}] ${(share * 100).toFixed(0)} %  ${speed}${left}`
}

function formatSeconds(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
}
