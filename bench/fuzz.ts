import { Conversation, completeHandshake } from '../test/captures/conversation.ts'
import { goldenCaptures } from '../test/captures/golden-captures.ts'
import { fuzzCapture, fuzzFrame, fuzzRubbish } from '../test/fuzz/fuzz-once.ts'
import { fuzzCsv, fuzzMessage, fuzzStream } from '../test/fuzz/fuzz-rows.ts'
import { Draws } from '../test/fuzz/mutate.ts'

// The long run of test/fuzz: node bench/fuzz.ts [SECONDS] [FIRST SEED]
// Ends with 1 at the first failure and names its kind and seed.
const seconds = Number(process.argv[2] ?? 60)
const firstSeed = Number(process.argv[3] ?? 1_000_000)

const captures = goldenCaptures.filter(({ damage }) => !damage).map(({ bytes }) => bytes)
const talks = [
  new Conversation(),
  new Conversation({ client: '2001:db8::1', server: '2001:db8::2', shape: { vlans: [7] } }),
  new Conversation({ shape: { ipv4OptionBytes: 12 } }),
]
const frames = talks.flatMap((talk) =>
  completeHandshake(talk.udpQuery(1), 0, 9).frames.map(({ frame }) => frame),
)

const kinds: Readonly<Record<string, (draws: Draws) => void | Promise<void>>> = {
  capture: (draws) => fuzzCapture(draws, draws.pick(captures)),
  rubbish: fuzzRubbish,
  frame: (draws) => fuzzFrame(draws, frames),
  message: fuzzMessage,
  csv: fuzzCsv,
  stream: fuzzStream,
}

const share = (seconds * 1000) / Object.keys(kinds).length
for (const [kind, once] of Object.entries(kinds)) {
  const end = performance.now() + share
  let seed = firstSeed
  for (; performance.now() < end; seed++) {
    try {
      await once(new Draws(seed))
    } catch (error) {
      console.error(`${kind}, seed ${seed}:`, error)
      process.exit(1)
    }
  }
  console.log(`${kind}: ${seed - firstSeed} runs from seed ${firstSeed} without a failure`)
}
