/** Options of Node and settings of its allocator, as the launcher starts a sensor with them. */
export const sensorFlags = ['--optimize-for-size', '--initial-old-space-size=12'] as const
export const sensorEnvironment = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_MMAP_THRESHOLD_: '32768',
} as const
