/**
 * Copies what one kind of installation needs, and nothing else, into a folder: the rooms' sources
 * and the closure of their dependencies as package-lock.json installed them. No network.
 * Usage: node scripts/stage.ts sensor|line DIR
 */

import { isStageName, stage } from './stage/stage-tree.ts'

const [name, folder] = process.argv.slice(2)
if (!isStageName(name) || folder === undefined) {
  console.error('usage: node scripts/stage.ts sensor|line DIR')
  process.exit(2)
}
const staged = stage(name, folder)
if (!staged.ok) {
  console.error(staged.error)
  process.exit(1)
}
console.log(`${staged.value.length} packages are staged in ${folder}`)
