import type { Log } from '@goldpan/runtime'
import type { SetAside } from './decidable-minute.ts'
import { describeBlindness } from './known-networks.ts'
import type { WatchRound } from './watch-round.ts'

/**
 * What the log of a watcher says once and not every round: what it cannot see, whom it does not
 * wait for, and that there is nothing to look at yet; and again when it is otherwise.
 */
export interface WatchNotices {
  ofRound(service: string, round: WatchRound): void
  /** The services that were asked for or found, and those that the warehouse has. */
  ofServices(notices: ServiceNotice): void
}

export interface ServiceNotice {
  readonly wanted: readonly string[]
  readonly present: readonly string[]
  /** Address or folder of the warehouse. */
  readonly where: string
  /** Its newest migration. */
  readonly migration: number
}

/** Notices of one watcher. */
export function createWatchNotices(log: Log): WatchNotices {
  const told = new Map<string, string>()
  /** Whether this is other than what was said last under the key; '' is what nobody is told. */
  const isNews = (key: string, what: string): boolean => {
    if ((told.get(key) ?? '') === what) return false
    told.set(key, what)
    return true
  }
  const tellBlindness = (service: string, { knownNetworks }: WatchRound): void => {
    const blindness = describeBlindness(knownNetworks)
    if (!isNews(`known ${service}`, blindness?.kind ?? '')) return
    if (blindness) log.warn({ service }, blindness.sentence)
    else log.info({ service }, 'networks and countries of most client prefixes are known now')
  }
  const tellUnknownSites = (service: string, { unknownSites }: WatchRound): void => {
    const sites = [...unknownSites].sort().join(', ')
    if (!isNews(`sites ${service}`, sites)) return
    if (sites === '') log.info({ service }, 'every site with handshakes is known now')
    else log.warn({ service }, describeUnknownSites(sites))
  }
  const tellSetAside = (service: string, { setAside }: WatchRound): void => {
    const now = new Map(setAside.map((each) => [`sensor ${service}/${nameOf(each)}`, each]))
    for (const [key, each] of now) {
      if (isNews(key, each.reason)) log.warn({ service, ...each }, describeSetAside(each))
    }
    for (const [key, reason] of told) {
      if (!key.startsWith(`sensor ${service}/`) || reason === '' || now.has(key)) continue
      told.set(key, '')
      log.info({ service }, `${key.replace(`${service}/`, '')} is waited for again`)
    }
  }
  return {
    ofRound(service, round) {
      tellSetAside(service, round)
      if (round.minute === undefined && isNews(`minutes ${service}`, 'none')) {
        log.info({ service }, `nothing of ${service} is decided yet: ${noMinute}`)
      }
      if (round.minutesDecided === 0) return
      tellBlindness(service, round)
      tellUnknownSites(service, round)
    },
    ofServices(notice) {
      const absent = notice.wanted.filter((service) => !notice.present.includes(service))
      const isEmpty = notice.present.length === 0
      if (!isNews('services', isEmpty ? 'empty' : absent.join(', '))) return
      if (isEmpty) log.warn(describeEmptiness(notice))
      else if (absent.length > 0) log.warn(describeAbsence(absent, notice))
      else log.info('every service that is watched has been heard of now')
    },
  }
}

const noMinute =
  'its sensors were heard, but no minute with handshakes has been passed by all of them'

const nameOf = ({ site, sensor }: SetAside): string => `${site}/${sensor}`

function describeSetAside(aside: SetAside): string {
  const name = `sensor ${nameOf(aside)}`
  const seconds = Math.abs(aside.seconds)
  switch (aside.reason) {
    case 'clock': {
      const way = aside.seconds > 0 ? 'ahead of' : 'behind'
      return (
        `${name} is set aside: its clock is ${seconds} s ${way} the median of all; ` +
        'mend the time of its host, then restart it'
      )
    }
    case 'silent':
      return (
        `${name} is set aside: it says nothing new and is ${seconds} s behind the others; ` +
        'see whether it runs and reaches the bus'
      )
    case 'behind':
      return (
        `${name} is set aside: it moves, but is ${seconds} s behind the others; ` +
        'what it sends of minutes that are decided is in tables alone'
      )
  }
}

const describeUnknownSites = (sites: string): string =>
  `nothing is known of the sites ${sites}: each counts as a global one of both IP versions; ` +
  'name them in the file that goldpan estimate has under --sites'

const describeEmptiness = ({ where, migration }: ServiceNotice): string =>
  `there are no handshakes yet in the warehouse ${where} (its migrations are there, up to ` +
  `${migration}), and no sensor was heard: goldpan doctor says where data stop`

const describeAbsence = (absent: readonly string[], { where, present }: ServiceNotice): string =>
  `no sensor of ${absent.join(', ')} was heard in the warehouse ${where}, which has ` +
  `${present.join(', ')}: check the name of the service`
