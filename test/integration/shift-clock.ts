/**
 * Puts the clock of a process forward, as a host without NTP has it:
 * `GOLDPAN_TEST_CLOCK_MILLIS=3600000 node --import test/integration/shift-clock.ts …`.
 */

const shiftMillis = Number(process.env.GOLDPAN_TEST_CLOCK_MILLIS ?? 0)
const trueNow = Date.now
Date.now = () => trueNow() + shiftMillis
