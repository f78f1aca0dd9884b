/**
 * What `goldpan handshakes` costs beside the C yardsticks and tshark, and whether it is right.
 *
 *     GOLDPAN_YARDSTICK=DIR node bench/extraction.ts [millions of packets, 10] [rounds, 5]
 */

import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { compareWithTruth } from './handshake-accuracy.ts'
import { buildYardstick, type Cost, measure, measureInTurn, type Yardstick } from './yardstick.ts'

const goldpan = join(import.meta.dirname, '../goldpan')

function compareCost(yardstick: Yardstick, millions: number, rounds: number): number {
  const { folder, genpcap, rttRead, rttPcap } = yardstick
  const file = join(folder, 'big.pcap')
  const rows = join(folder, 'rows.csv')
  const packets = millions * 1e6
  execFileSync(genpcap, ['-n', `${packets}`, '-s', '2', '-o', file, '-g', join(folder, 'big.csv')])
  const costs = measureInTurn(
    {
      goldpan: () => measure([goldpan, 'handshakes', file], rows),
      rtt_read: () => measure([rttRead, file, rows]),
      rtt_pcap: () => measure([rttPcap, file, rows]),
      'goldpan version': () => measure([goldpan, 'version']),
    },
    rounds,
  )
  console.log(`${millions} M packets, medians of ${rounds}, each writing CSV to a file:\n`)
  console.log('| program | CPU s | ns/packet | goldpan takes | RSS MB |')
  console.log('| --- | --- | --- | --- | --- |')
  for (const [name, cost] of Object.entries(costs)) printCost(name, cost, packets, costs.goldpan)
  rmSync(file)
  return (costs.goldpan.cpuSeconds / packets) * 1e9
}

function printCost(name: string, cost: Cost, packets: number, goldpan: Cost): void {
  const ratio = (goldpan.cpuSeconds / cost.cpuSeconds).toFixed(2)
  const nanos = ((cost.cpuSeconds / packets) * 1e9).toFixed(0)
  const cells = [name, cost.cpuSeconds.toFixed(2), nanos, `${ratio} ×`, cost.megabytes.toFixed(0)]
  console.log(`| ${cells.join(' | ')} |`)
}

const tsharkFilter = 'tcp.analysis.ack_rtt && tcp.flags.syn==0 && tcp.dstport==53 && tcp.ack==1'
const tsharkFields = ['ip.src', 'ipv6.src', 'tcp.srcport', 'tcp.analysis.ack_rtt']

/** tshark's memory grows with the file: it gets one of a million packets. */
function compareWithTshark({ folder, genpcap }: Yardstick, goldpanNanos: number): void {
  const file = join(folder, 'small.pcap')
  execFileSync(genpcap, ['-n', '1000000', '-s', '1', '-o', file, '-g', join(folder, 'small.csv')])
  const fields = tsharkFields.flatMap((field) => ['-e', field])
  const cost = measure(['tshark', '-r', file, '-Y', tsharkFilter, '-T', 'fields', ...fields])
  const nanos = (cost.cpuSeconds / 1e6) * 1e9
  console.log(
    `\n1 M packets: tshark ${nanos.toFixed(0)} ns/packet, ${cost.megabytes.toFixed(0)} MB`,
  )
  console.log(
    `goldpan's packet (of the file above) is ${(nanos / goldpanNanos).toFixed(0)} × cheaper`,
  )
}

const conditions: Readonly<Record<string, readonly string[]>> = {
  'seed 11': ['-s', '11'],
  'seed 12': ['-s', '12'],
  'seed 13': ['-s', '13'],
  'nanoseconds (-N)': ['-s', '14', '-N'],
  'byte-swapped (-S)': ['-s', '15', '-S'],
  'handshakes only (-H)': ['-s', '16', '-H'],
  'snaplen 96': ['-s', '17', '-l', '96'],
  'snaplen 96, byte-swapped nanoseconds': ['-s', '18', '-l', '96', '-N', '-S'],
}

function checkAccuracy(yardstick: Yardstick): void {
  const { folder, genpcap } = yardstick
  console.log('\n| 1 M packets | true | found | spurious | ambiguous | largest error, µs |')
  console.log('| --- | --- | --- | --- | --- | --- |')
  for (const [name, flags] of Object.entries(conditions)) {
    const [file, truth, rows] = ['c.pcap', 'c.csv', 'c.rows'].map((part) => join(folder, part))
    execFileSync(genpcap, ['-n', '1000000', ...flags, '-o', file!, '-g', truth!])
    measure([goldpan, 'handshakes', file!], rows)
    const accuracy = compareWithTruth(truth!, rows!)
    console.log(`| ${name} | ${Object.values(accuracy).join(' | ')} |`)
  }
}

const [millions = '10', rounds = '5'] = process.argv.slice(2)
const yardstick = buildYardstick()
try {
  console.log(`Node ${process.version}`)
  const nanos = compareCost(yardstick, Number(millions), Number(rounds))
  compareWithTshark(yardstick, nanos)
  checkAccuracy(yardstick)
} finally {
  yardstick.remove()
}
