/** The values of one scrape, by name and labels as they stand in the text. */
export type Scrape = ReadonlyMap<string, number>

const linePattern = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)/

/** Reads the text format of Prometheus; comments are passed over. */
export function parsePrometheusText(text: string): Scrape {
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const match = linePattern.exec(line)
    if (match) values.set(match[1]!, Number(match[2]))
  }
  return values
}

/** How much a counter grew between two scrapes; a restart in between counts from 0. */
export function growth(before: Scrape, after: Scrape, name: string): number {
  const now = after.get(name) ?? 0
  const then = before.get(name) ?? 0
  return now >= then ? now - then : now
}
