/** How long a service may take to say how it is. */
const answerMillisMax = 5000

export interface HealthAnswer {
  readonly url: string
  readonly isThere: boolean
  /** Why it is not ready; empty when it is. */
  readonly reasons: readonly string[]
}

/** Asks a running service for /readyz or /healthz. */
export async function readHealth(url: string, path: '/readyz' | '/healthz'): Promise<HealthAnswer> {
  try {
    const response = await fetch(new URL(path, url), {
      signal: AbortSignal.timeout(answerMillisMax),
    })
    const body = await response.text()
    return { url, isThere: true, reasons: response.ok ? [] : readReasons(response.status, body) }
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') {
      return { url, isThere: true, reasons: [`no answer within ${answerMillisMax / 1000} s`] }
    }
    return { url, isThere: false, reasons: [] }
  }
}

function readReasons(status: number, body: string): string[] {
  try {
    const { notReady } = JSON.parse(body) as { notReady?: unknown }
    if (Array.isArray(notReady) && notReady.length > 0) return notReady.map(String)
  } catch {
    // Somebody else's answer: its status says enough.
  }
  return [`it answers ${status}, is it a service of goldpan?`]
}
