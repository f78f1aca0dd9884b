/** Says one sentence on standard error. */
export function complain(sentence: string): void {
  process.stderr.write(`goldpan: ${sentence}\n`)
}
