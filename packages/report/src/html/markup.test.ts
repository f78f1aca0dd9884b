import { describe, expect, it } from 'vitest'
import { html } from './markup.ts'

describe('markup', () => {
  it('escapes text and attributes', () => {
    const evil = `"><img src=x onerror='alert(1)'>&`
    expect(html`<p title="${evil}">${evil}</p>`.toString()).toBe(
      '<p title="&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;">' +
        '&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;</p>',
    )
  })

  it('keeps markup, joins lists, leaves out what is not there', () => {
    const items = ['a', '<b>'].map((text) => html`<li>${text}</li>`)
    expect(html`<ul>${items}</ul>${false}${undefined}${0}`.toString()).toBe(
      '<ul><li>a</li><li>&lt;b&gt;</li></ul>0',
    )
  })

  it('replaces control characters', () => {
    expect(html`${'a\u001b[31m\u202eb'}`.toString()).toBe('a�[31m�b')
  })
})
