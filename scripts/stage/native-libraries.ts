import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'

/** A shared library of the host that goes into the package. */
export interface NativeLibrary {
  /** Name that the loader asks for, such as `libpcap.so.0.8`. */
  readonly name: string
  /** The Debian package that it is from, where there is one. */
  readonly package?: string
  readonly version?: string
}

/** What every Debian host has, at any version that Node runs on. */
const ofEveryHost =
  /^(?:linux-vdso|ld-linux-[\w-]+|libc|libm|libdl|libpthread|librt|libstdc\+\+|libgcc_s)\.so/

/**
 * Copies the shared libraries that a native part needs and a plain host may lack, with their
 * copyright files.
 */
export function copyNativeLibraries(binary: string, folder: string): NativeLibrary[] {
  const { stdout } = spawnSync('ldd', [binary], { encoding: 'utf8' })
  const found = [...stdout.matchAll(/^\s*(\S+) => (\/\S+)/gm)]
  const libraries = found.filter(([, name]) => !ofEveryHost.test(name!))
  mkdirSync(join(folder, 'native/copyright'), { recursive: true })
  return libraries.map(([, name, path]) => {
    copyFileSync(realpathSync(path!), join(folder, 'native', name!))
    const origin = originOf(path!)
    const copyright = `/usr/share/doc/${origin?.package}/copyright`
    if (origin && existsSync(copyright)) {
      cpSync(copyright, join(folder, 'native/copyright', origin.package), { dereference: true })
    }
    return { name: name!, ...origin }
  })
}

function originOf(path: string): { package: string; version: string } | undefined {
  // On a host with merged /usr the package database may know either path.
  for (const candidate of [path, realpathSync(path), realpathSync(path).replace(/^\/usr/, '')]) {
    const search = spawnSync('dpkg-query', ['-S', candidate], { encoding: 'utf8' })
    const name = /^([^:,]+)[:,]/.exec(search.stdout)?.[1]
    if (search.status !== 0 || name === undefined) continue
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills it in.
    const words = ['-W', '-f=${Version}', name]
    const shown = spawnSync('dpkg-query', words, { encoding: 'utf8' })
    return { package: basename(name), version: shown.stdout }
  }
  return undefined
}
