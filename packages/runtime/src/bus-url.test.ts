import { expect, it } from 'vitest'
import { parseBusUrl } from './bus-url.ts'

it.each([
  ['kafka://b1', { kind: 'kafka', brokers: ['b1:9092'], tls: false }],
  ['kafka://b1:1,b2:2/', { kind: 'kafka', brokers: ['b1:1', 'b2:2'], tls: false }],
  ['kafka+tls://[2001:db8::1]:9093', { brokers: ['[2001:db8::1]:9093'], tls: true }],
  ['file:/var/spool/goldpan', { kind: 'file', folder: '/var/spool/goldpan' }],
  ['file:///var/spool/goldpan', { kind: 'file', folder: '/var/spool/goldpan' }],
  ['file:spool', { kind: 'file', folder: 'spool' }],
])('reads %s', (text, value) => {
  expect(parseBusUrl(text)).toMatchObject({ ok: true, value })
})

it.each([
  ['kafka://', 'broker 1 of kafka:// is no HOST:PORT'],
  ['kafka://b1,:9', 'broker 2 of kafka://b1,:9 is no HOST:PORT'],
  ['kafka://b1:70000', 'broker 1 of kafka://b1:70000 is no HOST:PORT'],
  ['file:', 'the bus file: names no folder: write file:DIR'],
  [
    'http://b1',
    'http://b1 is no bus: write kafka://HOST:PORT[,…], kafka+tls://HOST:PORT or file:DIR',
  ],
])('says in one sentence what is wrong with %s', (text, message) => {
  expect(parseBusUrl(text)).toMatchObject({ ok: false, error: { message } })
})

it('refuses a URL with a password and does not repeat it', () => {
  const parsed = parseBusUrl('kafka://user:secret@b1')
  expect(parsed).toMatchObject({ ok: false, error: { code: 'BAD_BUS_URL' } })
  expect(JSON.stringify(parsed)).not.toContain('secret')
})
