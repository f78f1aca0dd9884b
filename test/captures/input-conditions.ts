import { createPcapngWriter, type FrameOptions, linkType, type PcapOptions } from '@goldpan/packet'
import {
  Conversation,
  completeHandshake,
  dnsQueryOverTcp,
  inOrder,
  pcapOf,
  startSeconds,
} from './conversation.ts'
import type { GoldenRow } from './golden-rows.ts'
import type { GoldenCapture } from './handshake-conditions.ts'

const rtt = 25_000
const v6 = { client: '2001:db8:7::7', server: '2001:db8:53::53' }
const rowV4: GoldenRow = { at: 100, rtt, accept: 100 }
const rowV6: GoldenRow = { ...rowV4, at: 1100, ...v6 }

/** One handshake of each IP version, all frames of this shape. */
function bothVersions(shape: Partial<FrameOptions>) {
  return inOrder([
    ...completeHandshake(new Conversation({ shape }), 0, rtt).frames,
    ...completeHandshake(new Conversation({ ...v6, shape }), 1000, rtt).frames,
  ])
}

function shaped(
  name: string,
  shape: Partial<FrameOptions>,
  pcap: PcapOptions = {},
  rows: readonly GoldenRow[] = [rowV4, rowV6],
): GoldenCapture {
  return { name: `${name}.pcap`, bytes: pcapOf(bothVersions(shape), pcap), rows }
}

function linkTypes(): GoldenCapture[] {
  const types: readonly (readonly [string, number])[] = [
    ['sll', linkType.linuxSll],
    ['sll2', linkType.linuxSll2],
    ['raw-101', linkType.raw],
    ['raw-12', linkType.rawBsd],
    ['raw-14', linkType.rawOpenBsd],
    ['null', linkType.null],
    ['loop', linkType.loop],
  ]
  const all = types.map(([name, type]) =>
    shaped(`link-${name}`, { linkType: type }, { linkType: type }),
  )
  const only = (name: string, type: number, conversation: Conversation, row: GoldenRow) => ({
    name: `link-${name}.pcap`,
    bytes: pcapOf(completeHandshake(conversation, 0, rtt).frames, { linkType: type }),
    rows: [row],
  })
  return [
    ...all,
    only('ipv4', 228, new Conversation({ shape: { linkType: 228 } }), rowV4),
    only('ipv6', 229, new Conversation({ ...v6, shape: { linkType: 229 } }), { ...rowV6, at: 100 }),
  ]
}

function frames(): GoldenCapture[] {
  const bare = { shape: { paddingBytes: 6 } }
  const withQuery = new Conversation(bare)
    .syn(0)
    .synack(100)
    .ack(100 + rtt)
  withQuery.ack(200 + rtt, { payload: dnsQueryOverTcp })
  const offloaded = new Conversation({ clientShape: { zeroIpLength: true } })
  const offloadedTs = new Conversation({ shape: { zeroIpLength: true } })
  const laterFragment = new Conversation().syn(0).synack(100)
  laterFragment.ack(9000, { fragmentOffset: 100 }).ack(100 + rtt)
  const mapped = { client: '::ffff:198.51.100.7', server: '::ffff:192.0.2.53' }
  return [
    shaped('vlan', { vlans: [11] }),
    shaped('qinq', { vlans: [100, 11] }),
    shaped('ipv4-options', { ipv4OptionBytes: 12 }),
    shaped('ipv6-extension-headers', { extensionHeaders: [0, 60, 43] }),
    { name: 'ethernet-padding-is-no-payload.pcap', bytes: pcapOf(withQuery.frames), rows: [rowV4] },
    {
      name: 'segmentation-offload-without-ip-length.pcap',
      bytes: pcapOf(completeHandshake(offloaded, 0, rtt).frames),
      rows: [rowV4],
    },
    {
      // Ethernet, IPv4 and TCP without options: 54 bytes.
      name: 'segmentation-offload-and-a-snaplen-that-cuts-the-options.pcap',
      bytes: pcapOf(completeHandshake(offloadedTs, 0, rtt).frames, { snapLength: 54 }),
      rows: [rowV4],
    },
    { name: 'later-fragment.pcap', bytes: pcapOf(laterFragment.frames), rows: [rowV4] },
    {
      name: 'mapped-addresses-over-ipv6-count-as-ipv4.pcap',
      bytes: pcapOf(completeHandshake(new Conversation(mapped), 0, rtt).frames),
      rows: [rowV4],
    },
    // Ethernet, IPv6 and TCP without options: 74 bytes are just the headers.
    shaped('snaplen-cuts-the-options', {}, { snapLength: 74 }),
  ]
}

function times(): GoldenCapture[] {
  const at = (seconds: number) => (seconds - startSeconds) * 1e6
  const rowAt = (seconds: number): GoldenRow => ({ ...rowV4, at: at(seconds) + 100 })
  const capture = (name: string, seconds: number): GoldenCapture => ({
    name: `${name}.pcap`,
    bytes: pcapOf(completeHandshake(new Conversation(), at(seconds), rtt).frames),
    rows: [rowAt(seconds)],
  })
  const past2038 = 2 ** 31
  return [
    capture('time-zero', 0),
    capture('across-2038', past2038 - 0.01),
    capture('after-2038', past2038 + 86_400),
    {
      name: 'nanoseconds.pcap',
      bytes: pcapOf(new Conversation().syn(0).synack(100.25).ack(25_100.75).frames, {
        nanoseconds: true,
      }),
      rows: [{ at: 100, rtt: 25_001, accept: 100 }],
    },
    {
      name: 'nanoseconds-big-endian.pcap',
      bytes: pcapOf(new Conversation().syn(0).synack(100.25).ack(25_100.5).frames, {
        nanoseconds: true,
        bigEndian: true,
      }),
      rows: [{ at: 100, rtt: 25_000, accept: 100 }],
    },
    shaped('big-endian', {}, { bigEndian: true }),
  ]
}

/** Both directions on interfaces of their own, with timestamps of their own resolution. */
function pcapng(bigEndian: boolean): GoldenCapture {
  const writer = createPcapngWriter(
    [{ resolution: 9 }, { resolution: 0x80 | 20, linkType: linkType.raw }],
    { bigEndian },
  )
  const [syn, synack, ack] = completeHandshake(new Conversation(), 0, rtt).frames
  const raw = new Conversation({ shape: { linkType: linkType.raw } }).synack(100).frames[0]!
  const nanos = (micros: number): bigint =>
    BigInt(startSeconds) * 1_000_000_000n + BigInt(micros * 1000)
  // 2⁻²⁰ s: 105 units are 100.1 µs.
  const units = BigInt(startSeconds) * 1_048_576n + 105n
  const bytes = Buffer.concat([
    writer.header,
    writer.packet(0, nanos(syn!.micros), syn!.frame),
    writer.packet(1, units, raw.frame),
    writer.packet(0, nanos(ack!.micros), ack!.frame),
  ])
  const name = `pcapng-two-interfaces-two-resolutions${bigEndian ? '-big-endian' : ''}.pcapng`
  return { name, bytes, rows: [{ ...rowV4, at: synack!.micros }] }
}

function damages(): GoldenCapture[] {
  const whole = pcapOf(bothVersions({}))
  const corrupt = Uint8Array.from(whole)
  // The fifth record claims 4 GB: both SYN-ACKs and one ACK stand before it.
  let at = 24
  const view = new DataView(corrupt.buffer)
  for (let record = 0; record < 5; record++) at += 16 + view.getUint32(at + 8, true)
  view.setUint32(at + 8, 0xffff_fff0, true)
  return [
    {
      name: 'cut-within-a-packet.pcap',
      bytes: whole.subarray(0, whole.length - 3),
      rows: [rowV4],
      damage: 'cut short',
    },
    { name: 'record-length-corrupted.pcap', bytes: corrupt, rows: [rowV4], damage: `byte ${at}` },
  ]
}

/** Captures for each variety of input. */
export function inputConditions(): GoldenCapture[] {
  return [...linkTypes(), ...frames(), ...times(), pcapng(false), pcapng(true), ...damages()]
}
