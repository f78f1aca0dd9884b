import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where Goldpan keeps what it must remember: systemd's folder, or the user's (XDG). */
export function stateFolder(env: Readonly<Record<string, string | undefined>>): string {
  if (env.STATE_DIRECTORY) return env.STATE_DIRECTORY
  return join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'goldpan')
}
