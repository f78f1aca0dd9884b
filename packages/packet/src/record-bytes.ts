/** No record of a capture is longer: 256 KiB is the longest snaplen in use, twice that is slack. */
export const recordBytesMax = 512 * 1024

/** Bytes of a pcap record before its packet. */
export const recordHeaderBytes = 16
