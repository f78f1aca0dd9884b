import { describe, expect, it } from 'vitest'
import { createCaptureFilter } from './capture-filter.ts'

describe('createCaptureFilter', () => {
  it('asks for handshakes alone when no query is counted', () => {
    const filter = createCaptureFilter({ ports: [53], rate: 0 })
    expect(filter).not.toContain('udp')
    expect(filter).toContain('(ip and tcp src port 53 and tcp[13] & 6 != 0)')
  })

  it('looks two tags of VLANs deep, with the same terms', () => {
    const filter = createCaptureFilter({ ports: [53], rate: 1 })
    expect(filter.split('tcp dst port 53').length - 1).toBe(3)
    expect(filter.split('vlan and').length - 1).toBe(2)
  })

  it('takes one in N by the port and the id, for each port', () => {
    const filter = createCaptureFilter({ ports: [53, 5353], rate: 16 })
    expect(filter).toContain('udp dst port 53 and (udp[8:2] + udp[0:2]) & 15 = 0')
    expect(filter).toContain('udp dst port 5353 and (udp[8:2] + udp[0:2]) & 15 = 0')
  })
})
