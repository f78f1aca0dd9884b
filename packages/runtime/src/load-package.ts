import { createRequire } from 'node:module'

/**
 * Loads a CommonJS package at its first use: importing the runtime stays cheap for commands that
 * neither log nor serve metrics (pino costs 25 ms of CPU, prom-client 60 ms).
 */
export const loadPackage: <T>(name: string) => T = createRequire(import.meta.url)
