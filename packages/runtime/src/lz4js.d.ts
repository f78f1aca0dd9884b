declare module 'lz4js' {
  const lz4: {
    compressBound(length: number): number
    compressBlock(
      source: Uint8Array,
      target: Uint8Array,
      start: number,
      length: number,
      hashTable: Uint32Array,
    ): number
    decompressBlock(
      source: Uint8Array,
      target: Uint8Array,
      start: number,
      length: number,
      targetStart: number,
    ): number
  }
  // biome-ignore lint/style/noDefaultExport: it is the module's form
  export default lz4
}
