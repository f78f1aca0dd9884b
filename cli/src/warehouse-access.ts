import { readFileSync } from 'node:fs'
import { err, ok, type Result } from '@goldpan/core'
import { type ConfigOf, readSecret, type warehouseSection } from '@goldpan/runtime/config'
import type { ServerAccess, WarehouseProblem } from './open-warehouse.ts'

type WarehouseConfig = ConfigOf<{ readonly warehouse: typeof warehouseSection }>['warehouse']

/** What the configuration says about reaching a server; secrets are read from their files. */
export function warehouseAccess(config: WarehouseConfig): Result<ServerAccess, WarehouseProblem> {
  const { password_file, ca_file, cert_file, key_file } = config
  const password = password_file === undefined ? ok(undefined) : readSecret(password_file)
  if (!password.ok) return err({ message: `warehouse.password_file: ${password.error}` })
  try {
    const pem = (name: 'ca' | 'cert' | 'key', path: string | undefined) =>
      path === undefined ? {} : { [name]: readFileSync(path) }
    return ok({
      ...(password.value === undefined ? {} : { password: password.value }),
      tls: { ...pem('ca', ca_file), ...pem('cert', cert_file), ...pem('key', key_file) },
      compression: config.compression,
      timeouts: {
        insertSeconds: config.insert_timeout / 1000,
        querySeconds: config.query_timeout / 1000,
        retrySeconds: config.retry_timeout / 1000,
      },
    })
  } catch (error) {
    return err({ message: `a certificate cannot be read (${(error as Error).message}): check it` })
  }
}
