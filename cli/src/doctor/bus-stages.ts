import { accessSync, constants, statSync } from 'node:fs'
import { deadLetterTopic, isFileBus, topics } from '@goldpan/runtime'
import type { BusTrouble } from '@goldpan/runtime/kafka'
import type { DoctorContext } from './context.ts'
import { flows, type Stage, stops, unseen, type Verdict } from './stage.ts'

const notBroker = ({ busFolder }: DoctorContext): Verdict =>
  unseen(busFolder === undefined ? 'no bus of brokers is configured' : 'the bus is a folder')

/** Sensors can write to the folder of a `file:` bus. */
function lookAtFolder(folder: string): Verdict {
  try {
    if (!statSync(folder).isDirectory()) {
      return stops(`the bus ${folder} is no folder`, 'name a folder in bus.url, as file:DIR')
    }
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return flows(
      `the folder ${folder} can be written`,
      isFileBus(folder) ? [] : ['no sensor has written to it yet'],
    )
  } catch (error) {
    return stops(
      `the folder ${folder} of the bus cannot be used (${(error as Error).message})`,
      'make it, and give it to the user that the sensor runs as',
    )
  }
}

/** A broker answers. */
export const brokerStage: Stage = {
  name: 'broker',
  async look(context) {
    if (context.busFolder !== undefined) return lookAtFolder(context.busFolder)
    if (!context.bus) return notBroker(context)
    const brokers = context.bus.options.brokers.join(', ')
    const inspected = await context.inspectBus()
    if (inspected.ok) return flows(`${inspected.value.brokers} brokers answer at ${brokers}`)
    const { kind, reason } = inspected.error
    if (kind === 'credentials' || kind === 'rights') return flows(`a broker answers at ${brokers}`)
    if (kind === 'certificate') {
      return stops(
        `the certificate of ${brokers} is not trusted (${reason})`,
        'name its authority with bus.ca_file, and the broker as its certificate does',
      )
    }
    return stops(
      `no broker answers at ${brokers} (${reason})`,
      'look whether one runs there, whether a firewall is between, and whether it wants TLS ' +
        '(kafka+tls://) or credentials (bus.sasl_mechanism)',
    )
  },
}

/** It lets us in. */
export const credentialsStage: Stage = {
  name: 'credentials',
  async look(context) {
    if (!context.bus) return notBroker(context)
    const inspected = await context.inspectBus()
    const { sasl } = context.bus.options.security
    const who = sasl && 'username' in sasl ? `the user ${sasl.username}` : 'us'
    if (!inspected.ok) return refused(inspected.error, who)
    return flows(sasl ? `the broker lets ${who} in` : 'the broker asks for no credentials')
  },
}

const refused = ({ kind, reason }: BusTrouble, who: string): Verdict =>
  kind === 'rights'
    ? stops(
        `the broker lets ${who} in but not do this (${reason})`,
        'grant it Describe and Read on the topics and the group',
      )
    : stops(
        `the broker does not let ${who} in (${reason})`,
        'correct bus.sasl_mechanism, bus.sasl_username or the file of bus.sasl_password_file',
      )

/** Data pass without it. */
const noDeadLetters =
  `the bus has no topic ${deadLetterTopic}: an estimator makes it when it starts, if it may; ` +
  'until then what it cannot take stands in the table dead_letters alone'

/** The topics are there. */
export const topicsStage: Stage = {
  name: 'topics',
  async look(context) {
    if (!context.bus) return notBroker(context)
    const inspected = await context.inspectBus()
    if (!inspected.ok) return unseen(inspected.error.reason)
    const there = new Set(inspected.value.topics)
    const missing = topics.filter((topic) => !there.has(topic))
    if (missing.length === 0) {
      const sees = `the topics ${topics.join(', ')} are there`
      return flows(sees, there.has(deadLetterTopic) ? [] : [noDeadLetters])
    }
    const advice = context.bus.options.topics.create
      ? 'start a sensor or an estimator: it makes them, if its user may create topics'
      : 'make it on the broker, or set bus.create_topics'
    return stops(`the bus has no topic ${missing.join(', ')}`, advice)
  },
}
