-- What the live analyzer remembers, one row a decided minute; the newest one is what counts, and
-- merges drop the others. Its block's token lets one of several watchers decide a minute.

CREATE TABLE IF NOT EXISTS analyzer_states
(
    service LowCardinality(String) COMMENT 'Anycast service',
    minute UInt32 COMMENT 'The last minute decided, minutes since 1970, packet time',
    digest String COMMENT 'SHA-256 of the state, hexadecimal',
    watcher String COMMENT 'The process that decided the minute',
    state String COMMENT 'The state of the analyzer: zstd, then base64' CODEC(NONE)
)
ENGINE = ReplacingMergeTree(minute)
ORDER BY service
SETTINGS non_replicated_deduplication_window = 10000;
