import { createHandshakeBatch, formatAddress, handshakePresent, parseAddress } from '@goldpan/core'
import { describe, expect, it } from 'vitest'
import { ClientTagger } from './client-tag.ts'

const dayMicros = 86_400e6

function tagsOf(tagger: ClientTagger, clients: readonly string[], timeMicros: number): string[] {
  const batch = createHandshakeBatch(clients.length)
  for (const [row, client] of clients.entries()) {
    batch.client.set(parseAddress(client)!, row * 16)
    batch.clientPort[row] = 40_000
    batch.present[row] = handshakePresent.client
    batch.timeMicros[row] = timeMicros
  }
  batch.length = clients.length
  tagger.tag(batch)
  expect([...batch.clientPort]).toEqual(clients.map(() => 0))
  return clients.map((_, row) => formatAddress(batch.client, row * 16))
}

const clients = ['192.0.2.1', '192.0.2.2', '2001:db8::1', '192.0.2.1']

describe('ClientTagger', () => {
  it('gives a client one tag a day, which is no address of a client', () => {
    const tags = tagsOf(new ClientTagger(Buffer.from('key')), clients, 5 * dayMicros)
    expect(tags[0]).toBe(tags[3])
    expect(new Set(tags).size).toBe(3)
    for (const tag of tags) expect(tag).toMatch(/^::[0-9a-f]{1,4}(?::[0-9a-f]{1,4})?$/)
  })

  it('gives the same tags with the same key, others with another or on another day', () => {
    const tags = tagsOf(new ClientTagger(Buffer.from('key')), clients, 5 * dayMicros)
    expect(tagsOf(new ClientTagger(Buffer.from('key')), clients, 6 * dayMicros - 1)).toEqual(tags)
    const others = [
      ...tagsOf(new ClientTagger(Buffer.from('other')), clients, 5 * dayMicros),
      ...tagsOf(new ClientTagger(Buffer.from('key')), clients, 6 * dayMicros),
    ]
    expect(others.filter((tag) => tags.includes(tag))).toEqual([])
  })
})
