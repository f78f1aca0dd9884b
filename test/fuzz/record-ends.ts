/** Offsets at which the packet records of a whole capture of ours end. */
export function recordEnds(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(0) === 0x0a0d0d0a ? pcapngEnds(view) : pcapEnds(view)
}

function pcapEnds(view: DataView): number[] {
  const magic = view.getUint32(0)
  const littleEndian = magic === 0xd4c3b2a1 || magic === 0x4d3cb2a1
  const ends: number[] = []
  for (let at = 24; at + 16 <= view.byteLength; ) {
    at += 16 + view.getUint32(at + 8, littleEndian)
    if (at <= view.byteLength) ends.push(at)
  }
  return ends
}

function pcapngEnds(view: DataView): number[] {
  const littleEndian = view.getUint32(8) === 0x4d3c2b1a
  const ends: number[] = []
  for (let at = 0; at + 12 <= view.byteLength; ) {
    const isPacket = view.getUint32(at, littleEndian) === 6
    at += view.getUint32(at + 4, littleEndian)
    if (isPacket && at <= view.byteLength) ends.push(at)
  }
  return ends
}
