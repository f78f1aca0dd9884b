import { spawnSync } from 'node:child_process'
import type { NativeLibrary } from './native-libraries.ts'
import { root } from './stage-tree.ts'

interface Component {
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
}

interface Bill {
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string }[]
}

/**
 * What the package holds, in CycloneDX: `npm sbom` of this checkout, of it only what was staged
 * (as `name@version`), and beside it Node and the shared libraries. Omitting what development
 * needs would omit what both need, too.
 */
export function billOfMaterials(
  staged: ReadonlySet<string>,
  libraries: readonly NativeLibrary[],
): string {
  const { stdout, status, stderr } = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`)
  const bill = JSON.parse(stdout) as Bill
  const components = bill.components.filter(({ name, version }) => staged.has(`${name}@${version}`))
  const kept = new Set(components.map((component) => component['bom-ref']))
  const added = [
    {
      'bom-ref': `node@${process.versions.node}`,
      type: 'application',
      name: 'node',
      version: process.versions.node,
      purl: `pkg:generic/node@${process.versions.node}`,
    },
    ...libraries.map((library) => ({
      'bom-ref': library.name,
      type: 'library',
      name: library.package ?? library.name,
      ...(library.version === undefined
        ? {}
        : {
            version: library.version,
            purl: `pkg:deb/debian/${library.package}@${library.version}`,
          }),
    })),
  ]
  return `${JSON.stringify(
    {
      ...bill,
      components: [...components, ...added],
      dependencies: bill.dependencies.filter(({ ref }) => kept.has(ref)),
    },
    null,
    2,
  )}\n`
}
