import { expect, it } from 'vitest'
import { Backlog, backlogRowsMax, mustPause } from './backlog.ts'

it('shares the rows that may wait among the partitions that have some', () => {
  const backlog = new Backlog()
  const partitions = Array.from({ length: 40 }, () => ({}))
  expect(backlog.share(100_000, 400_000)).toBe(400_000)
  for (const partition of partitions.slice(0, 8)) backlog.note(partition, 1)
  expect(backlog.share(100_000, 400_000)).toBe(backlogRowsMax / 8)
  for (const partition of partitions) backlog.note(partition, 1)
  expect(backlog.share(100_000, 400_000)).toBe(100_000)
  for (const partition of partitions) backlog.note(partition, 0)
  expect(backlog.share(100_000, 400_000)).toBe(400_000)
})

it('pauses at a full block or too many messages, and goes on when half of that is gone', () => {
  const rowsMax = 1000
  const of = (waitingRows: number, waitingMessages: number) => ({ waitingRows, waitingMessages })
  expect(mustPause(of(999, 1), rowsMax, false)).toBe(false)
  expect(mustPause(of(1000, 1), rowsMax, false)).toBe(true)
  expect(mustPause(of(0, 20_000), rowsMax, false)).toBe(true)
  expect(mustPause(of(500, 1), rowsMax, true)).toBe(true)
  expect(mustPause(of(499, 1), rowsMax, true)).toBe(false)
})
