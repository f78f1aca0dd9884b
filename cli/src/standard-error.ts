/** Says one sentence on standard error, or one a line. */
export function complain(sentences: string): void {
  for (const sentence of sentences.split('\n')) process.stderr.write(`goldpan: ${sentence}\n`)
}
