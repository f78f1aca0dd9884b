/**
 * Exactly once, tried: rounds of load with faults at seeded random moments, each compared with the
 * truth row by row.
 *
 *     node bench/chaos.ts [--rounds 200] [--seed 1] [--minutes 60] [--first 0]
 *
 * Prints a line per round and a table at the end; keeps the logs when a round was wrong.
 */
import { parseArgs } from 'node:util'
import { createRandom } from '../packages/simulator/src/random.ts'
import { faultKinds } from '../test/estimator/chaos-faults.ts'
import { ChaosLine } from '../test/estimator/chaos-line.ts'
import { compareRound, type RoundResult, runRound } from '../test/estimator/chaos-round.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
    first: { type: 'string', default: '0' },
  },
})
const [rounds, seed, minutes, first] = [
  ...[Number(values.rounds), Number(values.seed), Number(values.minutes), Number(values.first)],
] as [number, number, number, number]

interface Tally {
  rounds: number
  unsettled: number
  settle: number[]
}

/** Every kind in turn, and in every other round a second one beside it. */
function kindsOf(round: number): string[] {
  const names = Object.keys(faultKinds)
  const kinds = [names[round % names.length]!]
  const random = createRandom(seed, `kinds ${round}`)
  if (round >= names.length && round % 2) kinds.push(random.pick(names))
  return [...new Set(kinds)]
}

const line = new ChaosLine()
const tallies = new Map<string, Tally>()
const started = performance.now()
let done = 0
/** Rounds that were not whole in time: late, or wrong, as the end shows. */
const unsettled: number[] = []
let wrong = 0

function note(kinds: readonly string[], { isRight, settleSeconds }: RoundResult): void {
  done++
  for (const kind of kinds) {
    const tally = tallies.get(kind) ?? { rounds: 0, unsettled: 0, settle: [] }
    tallies.set(kind, tally)
    tally.rounds++
    if (!isRight) tally.unsettled++
    tally.settle.push(settleSeconds)
  }
}

await line.start(2)
let stop = false
process.once('SIGINT', () => {
  stop = true
})
for (let number = first; number < first + rounds && !stop; number++) {
  if (performance.now() - started > minutes * 60_000) break
  const kinds = kindsOf(number)
  const early = number < 40
  const result = await runRound(line, {
    ...{ number, seed, kinds, sensors: 3, rows: 20_000 },
    stillMillisMax: early ? 5_000 : 20_000,
    settleMillisMax: 90_000,
  })
  note(kinds, result)
  if (!result.isRight) unsettled.push(number)
  const { table, different, rollups, settleSeconds, wanted, isRight } = result
  const counts = isRight
    ? `${wanted} rows`
    : `UNSETTLED ${JSON.stringify({ wanted, table, different, rollups })}`
  console.log(`${number} ${kinds.join(' + ')}: ${counts}, settled in ${settleSeconds.toFixed(1)} s`)
  while (line.estimators.length < 2) line.addEstimator()
  while (line.estimators.length > 3) await line.endEstimator(line.estimators[0]!, 'SIGTERM')
}
for (const number of unsettled) {
  const { isRight, table, different, rollups } = await compareRound(line, number, 60_000)
  if (!isRight) wrong++
  const state = isRight ? 'whole, late' : `WRONG ${JSON.stringify({ table, different, rollups })}`
  console.log(`round ${number} at the end: ${state}`)
}
const minutesSpent = ((performance.now() - started) / 60_000).toFixed(1)
console.log(`\n${done} rounds, ${unsettled.length} late, ${wrong} wrong, ${minutesSpent} min\n`)
console.log('| fault | rounds | late | settled, longest (s) |\n|---|---:|---:|---:|')
for (const [kind, tally] of [...tallies].sort()) {
  const longest = Math.max(...tally.settle).toFixed(1)
  console.log(`| ${kind} | ${tally.rounds} | ${tally.unsettled} | ${longest} |`)
}
await line.close({ keep: wrong > 0 })
if (wrong > 0) console.log(`logs are in ${line.folder}`)
process.exit(wrong > 0 ? 1 : 0)
