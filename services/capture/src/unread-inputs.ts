import type { InputError } from './input-file.ts'
import type { InputDamage } from './read-capture.ts'

/** Inputs of which nothing could be read, beside those that were: no reason to read none. */
export class UnreadInputs {
  readonly #errors: InputError[] = []
  readonly #damages: InputDamage[] = []

  add(error: InputError): void {
    this.#errors.push(error)
    this.#damages.push({ message: error.message })
  }

  /** What to tell where others were read. */
  get damages(): readonly InputDamage[] {
    return this.#damages
  }

  /** What to tell where nothing was read, a line for each; undefined where nothing is unread. */
  get error(): InputError | undefined {
    const first = this.#errors[0]
    if (!first) return undefined
    return { code: first.code, message: this.#errors.map(({ message }) => message).join('\n') }
  }
}
