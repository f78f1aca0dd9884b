/** The capture process: `node interface-process.ts '{"device":…}' [USER]`. */

import { dropPrivileges, findUser } from './drop-privileges.ts'
import { fail, InterfaceCapture, type InterfaceOptions } from './interface-capture.ts'

// Orders come on standard input, signals of the terminal are the sensor's.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.stdout.on('error', () => process.exit(0))

const [options, user] = process.argv.slice(2)
try {
  const capture = new InterfaceCapture(JSON.parse(options!) as InterfaceOptions)
  if (user !== undefined) dropPrivileges(findUser(user)!)
  capture.start()
} catch (error) {
  fail((error as Error).message)
}
