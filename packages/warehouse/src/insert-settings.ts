/**
 * Settings of every insert, on a server and embedded. A token makes a retry harmless only when it
 * makes the same block: defaults differ by version and by a server's profile, so each setting that
 * cuts blocks or decides about deduplication is named (docs/explanation/exactly-once.md).
 */
export const insertSettings = {
  async_insert: 0,
  insert_deduplicate: 1,
  /** What the views give has one row a key already; the engine would merge it once more. */
  optimize_on_insert: 0,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_insert_block_size: '1000000',
  min_insert_block_size_rows: '1000000',
  min_insert_block_size_bytes: '1000000000',
  /** On a cluster an insert is done when every shard has its part. */
  distributed_foreground_insert: 1,
  /** A row for which the table has no column must fail, not lose a part. */
  input_format_skip_unknown_fields: 0,
} as const
