import type { DoctorContext } from './context.ts'
import type { SensorGrowth, SensorObservation } from './sensor-observation.ts'
import { flows, type Stage, stops, unseen, type Verdict } from './stage.ts'

/** Below this share of what the kernel accepted, handshakes are missed. */
const seenShareMin = 0.95
const apartSeconds = 0.05
/** Fewer connections than this say nothing about a share. */
const connectionsMin = 5

const elsewhere = unseen('no sensor is configured on this host')

/** The sensor runs and answers. */
export const sensorStage: Stage = {
  name: 'sensor',
  async look(context) {
    if (!context.isSensorHost) return elsewhere
    const { sensor } = await context.observeSensor()
    const url = context.urls.capture
    if (sensor) return flows(`goldpan capture answers at ${url}`)
    return stops(
      `no sensor answers at ${url}`,
      'start it (systemctl start goldpan-capture@IFACE), read its last lines ' +
        '(journalctl -u goldpan-capture@IFACE), or name its address with --capture-url',
    )
  },
}

/** Packets reach the host. */
export const packetsStage: Stage = {
  name: 'packets',
  async look(context) {
    if (!context.isSensorHost) return elsewhere
    const observation = await context.observeSensor()
    const { link, wire, sensor, seconds } = observation
    const device = context.interface
    if (device === undefined) return withoutInterface(observation)
    if (!link) {
      return stops(
        `this host has no interface ${device}`,
        'name another (ip link lists them) with -i of goldpan capture and --interface here',
      )
    }
    if (link.state === 'down' || link.state === 'lowerlayerdown') {
      return stops(`${device} is ${link.state}`, `bring it up (ip link set ${device} up)`)
    }
    if (link.packets === 0) {
      return stops(
        `${device} had no packet in ${seconds} s`,
        'look at the cable, the mirror port or the route announcement: nothing arrives here',
      )
    }
    const dns = typeof wire === 'string' ? undefined : wire.plain + wire.tagged
    const kernel = observation.kernel?.passiveOpens ?? 0
    if (dns === 0 && (sensor?.packets ?? 0) === 0 && kernel === 0) {
      return stops(
        `${device} had ${link.packets} packets in ${seconds} s, none of them a handshake of ` +
          `port ${context.ports.join(', ')}, and the sensor saw nothing either`,
        'look whether this is the interface of the name server, whether its prefix is announced ' +
          'here, and whether it answers over TCP (kdig +tcp)',
      )
    }
    return flows(`${device} had ${link.packets} packets in ${seconds} s`)
  },
}

function withoutInterface({ sensor, kernel, seconds }: SensorObservation): Verdict {
  if ((sensor?.packets ?? 0) > 0) return flows(`the sensor had packets in ${seconds} s`)
  if ((kernel?.passiveOpens ?? 0) >= connectionsMin) {
    return flows(`this host accepted ${kernel!.passiveOpens} connections in ${seconds} s`)
  }
  return stops(
    `the sensor had no packet in ${seconds} s`,
    'look whether it reads the right interface (name it here with --interface) and whether ' +
      'the program that feeds it still runs',
  )
}

/** The filter passes what is there, in VLANs too. */
export const filterStage: Stage = {
  name: 'filter',
  async look(context) {
    if (!context.isSensorHost) return elsewhere
    const observation = await context.observeSensor()
    const { sensor, wire, seconds, kernel } = observation
    if (!sensor) return unseen('no sensor answers')
    if (typeof wire !== 'string') {
      const missed = missedOnTheWire(context, sensor, wire, seconds)
      if (missed) return missed
    }
    if (sensor.packets === 0 && (kernel?.passiveOpens ?? 0) >= connectionsMin) {
      return stops(
        `this host accepted ${kernel!.passiveOpens} connections in ${seconds} s and the sensor ` +
          'had no packet',
        'look at the interface and --port of goldpan capture, or the filter of the program that ' +
          'feeds it; name the interface here with --interface to see more',
      )
    }
    const unknown = typeof wire === 'string' ? [`the wire cannot be seen: ${wire}`] : []
    return flows(`the sensor had ${sensor.packets} packets in ${seconds} s`, unknown)
  },
}

function missedOnTheWire(
  { ports, interface: device }: DoctorContext,
  sensor: SensorGrowth,
  { plain, tagged }: { readonly plain: number; readonly tagged: number },
  seconds: number,
): Verdict | undefined {
  const seen = Math.max(sensor.synAcks, sensor.handshakes)
  if (tagged >= connectionsMin && seen < plain + tagged * seenShareMin) {
    return stops(
      `${device} carried ${tagged} SYN-ACKs in VLAN-tagged frames in ${seconds} s, and the ` +
        `sensor saw ${seen} of ${plain + tagged}`,
      'its filter misses VLANs: write (FILTER) or (vlan and (FILTER)), or let goldpan capture ' +
        `-i ${device} make the filter itself`,
    )
  }
  if (plain >= connectionsMin && sensor.packets === 0) {
    return stops(
      `${device} carried ${plain} SYN-ACKs of port ${ports.join(', ')} in ${seconds} s, and the ` +
        'sensor had no packet',
      'its filter or interface is another one: compare -i and --port of goldpan capture, or the ' +
        'filter of the program that feeds it',
    )
  }
  return undefined
}

/** Both directions are seen, and nearly all that the kernel accepted. */
export const handshakesStage: Stage = {
  name: 'handshakes',
  async look(context) {
    if (!context.isSensorHost) return elsewhere
    const observation = await context.observeSensor()
    const { sensor, kernel, seconds } = observation
    if (!sensor) return unseen('no sensor answers')
    const half = halfSeen(sensor, seconds)
    if (half) return half
    const share = seenOfAccepted(observation)
    if (share) return share
    const { handshakes, kernelDrops } = sensor
    if (handshakes === 0) return unseen(`nobody connected in ${seconds} s: try --seconds 60`)
    const notes: string[] = []
    if (kernelDrops > 0) {
      notes.push(`the kernel dropped ${kernelDrops} packets: raise capture.buffer`)
    }
    if ((kernel?.listenDrops ?? 0) > 0) {
      notes.push(`${kernel!.listenDrops} connections found a full listen queue: raise its backlog`)
    }
    return flows(`the sensor saw ${handshakes} handshakes in ${seconds} s`, notes)
  },
}

function halfSeen(
  { syns, synAcks, handshakes }: SensorGrowth,
  seconds: number,
): Verdict | undefined {
  const advice =
    'mirror both directions; where answers leave by another interface (direct server return, ' +
    'a tunnel), capture there too, or on -i any'
  if (syns >= connectionsMin && synAcks === 0) {
    return stops(`inbound only: ${syns} SYNs and no SYN-ACK in ${seconds} s`, advice)
  }
  if (synAcks >= connectionsMin && syns === 0 && handshakes === 0) {
    return stops(`outbound only: ${synAcks} SYN-ACKs, no SYN and no ACK in ${seconds} s`, advice)
  }
  return undefined
}

function seenOfAccepted({
  sensor,
  kernel,
  otherPorts,
  seconds,
}: SensorObservation): Verdict | undefined {
  const accepted = kernel?.passiveOpens ?? 0
  const { handshakes, kernelDrops } = sensor!
  // Readings of sensor and kernel may be this far apart.
  const apart = (accepted / seconds) * apartSeconds + 1
  const enough = handshakes + apart >= accepted * seenShareMin
  if (accepted < connectionsMin || enough) return undefined
  const share = Math.floor((handshakes / accepted) * 100)
  const sees =
    `the sensor saw ${handshakes} handshakes of ${accepted} connections that the kernel ` +
    `accepted in ${seconds} s (${share} %)`
  if (otherPorts.connections > 0 && handshakes > 0) {
    const listed = otherPorts.listening.slice(0, 8).join(', ')
    return flows(sees, [`the kernel also counts connections to port ${listed}: compare with care`])
  }
  const advice =
    kernelDrops > 0
      ? `the kernel dropped ${kernelDrops} packets of the sensor: raise capture.buffer, or give ` +
        'the sensor more CPU'
      : 'look for another interface that the name server answers on, for --port, and for a ' +
        'filter that misses VLANs (name the interface here with --interface)'
  return stops(sees, advice)
}
