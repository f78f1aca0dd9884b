import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { fillIn } from './compose-file.ts'

/**
 * The Compose Specification's own JSON schema, kept beside this file so that nothing has to be
 * fetched: compose-spec/NOTICE says of which version. What a schema cannot say, such as a service
 * that depends on one that is not there, compose-file.test.ts and compose-go's loader check.
 */
export const composeSchemaText = readFileSync(
  new URL('./compose-spec/compose-spec.json', import.meta.url),
  'utf8',
)

const validate = new Ajv2020({ strict: false, allErrors: true }).compile(
  JSON.parse(composeSchemaText),
)

interface Params {
  readonly additionalProperty?: string
  readonly unevaluatedProperty?: string
}

/** What the schema has against a Compose file's text, merge keys and variables resolved. */
export function complaintsOf(
  text: string,
  env: Readonly<Record<string, string>>,
): readonly string[] {
  if (validate(fillIn(parse(text, { merge: true }), env))) return []
  return validate.errors!.map(({ instancePath, message, params }) => {
    const { additionalProperty, unevaluatedProperty: unevaluated } = params as Params
    const property = additionalProperty ?? unevaluated
    const what = property ? ` (${property})` : ''
    return `${instancePath || '/'} ${message}${what}`
  })
}
