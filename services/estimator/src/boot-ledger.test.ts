import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BootLedger, bootKey, decodeCommitted, metadataCharsMax } from './boot-ledger.ts'

const key = fc.string({ minLength: 1, maxLength: 5 }).map((text) => bootKey('s', 'a', 'x', text))
const entries = fc.array(fc.tuple(key, fc.maxSafeNat()), { maxLength: 500 })

it('is read from the metadata as it was written, boots seen last first when all do not fit', () => {
  fc.assert(
    fc.property(entries, fc.option(fc.nat(), { nil: undefined }), (boots, end) => {
      const ledger = new BootLedger()
      for (const [boot, nextRow] of boots) ledger.set(boot, nextRow)
      const metadata = ledger.encode('incarnation', end)
      expect(metadata.length).toBeLessThanOrEqual(metadataCharsMax)
      const read = decodeCommitted(metadata)!
      expect([read.incarnation, read.end]).toEqual(['incarnation', end])
      const last = new Map(boots)
      const seenLast = [...new Set(boots.map(([boot]) => boot).reverse())].slice(0, 180)
      for (const boot of seenLast) expect(read.ledger.nextRow(boot)).toBe(last.get(boot))
      expect(read.ledger.encode('incarnation', end)).toBe(metadata)
    }),
  )
})

it('has room for more than two hundred busy boots', () => {
  const ledger = new BootLedger()
  for (let n = 0; n < 1000; n++) ledger.set(bootKey('s', 'a', 'x', String(n)), 10_000_000 + n)
  const read = decodeCommitted(ledger.encode('0123456789a', 2 ** 40))!.ledger
  const known = Array.from({ length: 1000 }, (_, n) => read.nextRow(bootKey('s', 'a', 'x', `${n}`)))
  expect(known.filter((nextRow) => nextRow !== undefined).length).toBeGreaterThan(200)
  expect(known.at(-1)).toBe(10_000_999)
})

it.each([null, '', 'event-id-3', 'g1 x', 'g1 x y z', 'g1 x - abc', 'g2 x - '])(
  'takes %j for none of ours',
  (metadata) => {
    expect(decodeCommitted(metadata)).toBeUndefined()
  },
)
