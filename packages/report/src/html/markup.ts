/** Text that is HTML already; everything else is escaped where it enters a page. */
export class Markup {
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
  }

  /** Only for what this program wrote itself, such as a chart. */
  static trusted(text: string): Markup {
    return new Markup(text)
  }

  toString(): string {
    return this.#text
  }
}

export type MarkupValue = Markup | string | number | false | undefined | readonly MarkupValue[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Control characters are no text: browsers and terminals treat them in their own ways. */
const escapeText = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (mark) => entities[mark]!).replaceAll(/(?!\n)\p{C}/gu, '�')

function toText(value: MarkupValue): string {
  if (value === false || value === undefined) return ''
  if (value instanceof Markup) return value.toString()
  if (typeof value === 'object') return value.map(toText).join('')
  return escapeText(String(value))
}

/** Markup with values in it, in text or in a quoted attribute; strings are escaped. */
export function html(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return Markup.trusted(
    parts.reduce((text, part, index) => `${text}${toText(values[index - 1])}${part}`),
  )
}
