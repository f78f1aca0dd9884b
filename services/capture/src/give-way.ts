import type { TrafficMode } from '@goldpan/core'

/** What the sensor takes from the name server's host in one second. */
export interface Load {
  /** Packets that the kernel dropped since the last look. */
  readonly kernelDrops: number
  /** Cores used since the last look. */
  readonly cpuCores: number
}

export interface GiveWayOptions {
  /** One in how many queries is counted unless the sensor gives way; 0: none at all. */
  readonly rate: number
  /** One in how many is counted at the first step of giving way. */
  readonly sampledRate: number
  readonly cpuCoresMax: number
}

/** Seconds above the CPU share before a step; a kernel drop makes one at once. */
const busySecondsMax = 3
/** Quiet seconds before a step back; doubled each time when that was too early. */
const quietSecondsMin = 60
const quietSecondsMax = 3600
/** Quiet is less than this part of the CPU share. */
const quietPart = 0.5

/**
 * Decides how much of the traffic is counted, so that the sensor gives way to the name server: all,
 * one in N, none. Handshakes are never given up. One look a second; pure.
 */
export class GiveWay {
  /** 1: every query is counted, N: one in N, 0: none. */
  rate: number
  /** Steps taken down and back since the boot. */
  steps = 0
  readonly #rates: readonly number[]
  readonly #cpuCoresMax: number
  #level = 0
  #busySeconds = 0
  #quietSeconds = 0
  #quietNeeded = quietSecondsMin
  #sinceStepBack = Number.POSITIVE_INFINITY

  constructor({ rate, sampledRate, cpuCoresMax }: GiveWayOptions) {
    const lower = rate > 0 && rate < sampledRate ? [sampledRate] : []
    this.#rates = rate === 0 ? [0] : [rate, ...lower, 0]
    this.#cpuCoresMax = cpuCoresMax
    this.rate = this.#rates[0]!
  }

  get mode(): TrafficMode {
    if (this.rate === 0) return 'off'
    return this.rate === 1 ? 'full' : 'sampled'
  }

  /** A second has passed under this load; true when the rate changed. */
  look({ kernelDrops, cpuCores }: Load): boolean {
    const isBusy = cpuCores > this.#cpuCoresMax
    this.#busySeconds = isBusy ? this.#busySeconds + 1 : 0
    this.#sinceStepBack++
    if (kernelDrops > 0 || this.#busySeconds >= busySecondsMax) return this.#stepDown()
    const isQuiet = cpuCores < this.#cpuCoresMax * quietPart
    this.#quietSeconds = isQuiet ? this.#quietSeconds + 1 : 0
    if (this.#level === 0 || this.#quietSeconds < this.#quietNeeded) return false
    return this.#stepTo(this.#level - 1)
  }

  #stepDown(): boolean {
    this.#quietSeconds = 0
    if (this.#level === this.#rates.length - 1) return false
    // The step back was too early: the next one takes longer.
    if (this.#sinceStepBack < this.#quietNeeded) {
      this.#quietNeeded = Math.min(this.#quietNeeded * 2, quietSecondsMax)
    }
    return this.#stepTo(this.#level + 1)
  }

  #stepTo(level: number): boolean {
    if (level < this.#level) this.#sinceStepBack = 0
    this.#level = level
    this.rate = this.#rates[level]!
    this.#busySeconds = 0
    this.#quietSeconds = 0
    this.steps++
    return true
  }
}
