-- Rollups of the handshakes that count. An RTT distribution is a log-bucket histogram: bucket =
-- floor(32 * log2(us + 1)), kept as a summing map from bucket to count, so rollups merge. The views
-- sort the buckets of a group and count them by runs: sumMap would be a merge for each bucket.

CREATE TABLE IF NOT EXISTS rtt_by_site_1m
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    ip_version UInt8 COMMENT '4 or 6',
    time DateTime('UTC') COMMENT 'Start of the minute, packet time',
    handshakes SimpleAggregateFunction(sum, UInt64) COMMENT 'Handshakes that count',
    rtt_buckets SimpleAggregateFunction(sumMap, Map(UInt16, UInt64)) COMMENT 'Handshakes by RTT bucket, floor(32 log2(us + 1))'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (service, site, ip_version, time)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS rtt_by_site_1m_feed TO rtt_by_site_1m AS
SELECT
    service, site, ip_version, time, length(buckets) AS handshakes,
    mapFromArrays(
        arrayFilter((bucket, is_last) -> is_last, buckets, lasts),
        arrayMap(
            n -> toUInt64(n), arrayFilter((n, is_last) -> is_last, ordinals, lasts)
        )
    ) AS rtt_buckets
FROM
(
    SELECT
        *, arrayEnumerateUniq(buckets) AS ordinals,
        arrayMap(n -> n = 1, arrayPushBack(arrayPopFront(ordinals), 1)) AS lasts
    FROM
    (
        SELECT
            service, site, ip_version,
            toStartOfMinute(toDateTime(handshakes.time, 'UTC')) AS time,
            arraySort(groupArray(toUInt16(floor(32 * log2(rtt_us + 1))))) AS buckets
        FROM handshakes
        WHERE excluded = ''
        GROUP BY service, site, ip_version, time
    )
);

CREATE TABLE IF NOT EXISTS rtt_by_as_1m
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    ip_version UInt8 COMMENT '4 or 6',
    asn Nullable(UInt32) COMMENT 'Origin AS of the prefixes',
    country LowCardinality(Nullable(String)) COMMENT 'Country of the prefixes',
    time DateTime('UTC') COMMENT 'Start of the minute, packet time',
    handshakes SimpleAggregateFunction(sum, UInt64) COMMENT 'Handshakes that count',
    rtt_buckets SimpleAggregateFunction(sumMap, Map(UInt16, UInt64)) COMMENT 'Handshakes by RTT bucket, floor(32 log2(us + 1))'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (service, time, site, ip_version, asn, country)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, allow_nullable_key = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS rtt_by_as_1m_feed TO rtt_by_as_1m AS
SELECT
    service, site, ip_version, asn, country, time, length(buckets) AS handshakes,
    mapFromArrays(
        arrayFilter((bucket, is_last) -> is_last, buckets, lasts),
        arrayMap(
            n -> toUInt64(n), arrayFilter((n, is_last) -> is_last, ordinals, lasts)
        )
    ) AS rtt_buckets
FROM
(
    SELECT
        *, arrayEnumerateUniq(buckets) AS ordinals,
        arrayMap(n -> n = 1, arrayPushBack(arrayPopFront(ordinals), 1)) AS lasts
    FROM
    (
        SELECT
            service, site, ip_version, asn, country,
            toStartOfMinute(toDateTime(handshakes.time, 'UTC')) AS time,
            arraySort(groupArray(toUInt16(floor(32 * log2(rtt_us + 1))))) AS buckets
        FROM handshakes
        WHERE excluded = ''
        GROUP BY service, site, ip_version, asn, country, time
    )
);

-- Hours and days. A row is computed whole from the minutes (the hours of prefixes from the raw
-- rows), again when rows came late; of one key the row with the most handshakes is kept, so that
-- computing twice, by whomever, changes nothing. The views show one row a key.

CREATE TABLE IF NOT EXISTS rtt_by_site_1h_rows
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    ip_version UInt8 COMMENT '4 or 6',
    time DateTime('UTC') COMMENT 'Start of the hour, packet time',
    handshakes UInt64 COMMENT 'Handshakes that count',
    rtt_buckets Map(UInt16, UInt64) COMMENT 'Handshakes by RTT bucket, floor(32 log2(us + 1))'
)
ENGINE = ReplacingMergeTree(handshakes)
PARTITION BY toYYYYMM(time)
ORDER BY (service, site, ip_version, time)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE VIEW IF NOT EXISTS rtt_by_site_1h
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    ip_version UInt8 COMMENT '4 or 6',
    time DateTime('UTC') COMMENT 'Start of the hour, packet time',
    handshakes UInt64 COMMENT 'Handshakes that count',
    rtt_buckets Map(UInt16, UInt64) COMMENT 'Handshakes by RTT bucket, floor(32 log2(us + 1))'
)
AS SELECT * FROM rtt_by_site_1h_rows FINAL;

CREATE TABLE IF NOT EXISTS rtt_by_as_1h_rows
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    ip_version UInt8 COMMENT '4 or 6',
    asn Nullable(UInt32) COMMENT 'Origin AS of the prefixes',
    country LowCardinality(Nullable(String)) COMMENT 'Country of the prefixes',
    time DateTime('UTC') COMMENT 'Start of the hour, packet time',
    handshakes UInt64 COMMENT 'Handshakes that count',
    rtt_buckets Map(UInt16, UInt64) COMMENT 'Handshakes by RTT bucket, floor(32 log2(us + 1))'
)
ENGINE = ReplacingMergeTree(handshakes)
PARTITION BY toYYYYMM(time)
ORDER BY (service, time, site, ip_version, asn, country)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, allow_nullable_key = 1;

CREATE VIEW IF NOT EXISTS rtt_by_as_1h
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    ip_version UInt8 COMMENT '4 or 6',
    asn Nullable(UInt32) COMMENT 'Origin AS of the prefixes',
    country LowCardinality(Nullable(String)) COMMENT 'Country of the prefixes',
    time DateTime('UTC') COMMENT 'Start of the hour, packet time',
    handshakes UInt64 COMMENT 'Handshakes that count',
    rtt_buckets Map(UInt16, UInt64) COMMENT 'Handshakes by RTT bucket, floor(32 log2(us + 1))'
)
AS SELECT * FROM rtt_by_as_1h_rows FINAL;

CREATE TABLE IF NOT EXISTS rtt_by_site_1d_rows
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    ip_version UInt8 COMMENT '4 or 6',
    time DateTime('UTC') COMMENT 'Start of the day, packet time',
    handshakes UInt64 COMMENT 'Handshakes that count',
    rtt_buckets Map(UInt16, UInt64) COMMENT 'Handshakes by RTT bucket, floor(32 log2(us + 1))'
)
ENGINE = ReplacingMergeTree(handshakes)
PARTITION BY toYYYYMM(time)
ORDER BY (service, site, ip_version, time)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE VIEW IF NOT EXISTS rtt_by_site_1d
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    ip_version UInt8 COMMENT '4 or 6',
    time DateTime('UTC') COMMENT 'Start of the day, packet time',
    handshakes UInt64 COMMENT 'Handshakes that count',
    rtt_buckets Map(UInt16, UInt64) COMMENT 'Handshakes by RTT bucket, floor(32 log2(us + 1))'
)
AS SELECT * FROM rtt_by_site_1d_rows FINAL;

CREATE TABLE IF NOT EXISTS rtt_by_as_1d_rows
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    ip_version UInt8 COMMENT '4 or 6',
    asn Nullable(UInt32) COMMENT 'Origin AS of the prefixes',
    country LowCardinality(Nullable(String)) COMMENT 'Country of the prefixes',
    time DateTime('UTC') COMMENT 'Start of the day, packet time',
    handshakes UInt64 COMMENT 'Handshakes that count',
    rtt_buckets Map(UInt16, UInt64) COMMENT 'Handshakes by RTT bucket, floor(32 log2(us + 1))'
)
ENGINE = ReplacingMergeTree(handshakes)
PARTITION BY toYYYYMM(time)
ORDER BY (service, time, site, ip_version, asn, country)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, allow_nullable_key = 1;

CREATE VIEW IF NOT EXISTS rtt_by_as_1d
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    ip_version UInt8 COMMENT '4 or 6',
    asn Nullable(UInt32) COMMENT 'Origin AS of the prefixes',
    country LowCardinality(Nullable(String)) COMMENT 'Country of the prefixes',
    time DateTime('UTC') COMMENT 'Start of the day, packet time',
    handshakes UInt64 COMMENT 'Handshakes that count',
    rtt_buckets Map(UInt16, UInt64) COMMENT 'Handshakes by RTT bucket, floor(32 log2(us + 1))'
)
AS SELECT * FROM rtt_by_as_1d_rows FINAL;

CREATE TABLE IF NOT EXISTS rtt_by_prefix_1h_rows
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    ip_version UInt8 COMMENT '4 or 6',
    prefix IPv6 COMMENT 'Client /24 or /48, IPv4 mapped',
    asn Nullable(UInt32) COMMENT 'Origin AS of the prefix',
    country LowCardinality(Nullable(String)) COMMENT 'Country of the prefix',
    time DateTime('UTC') COMMENT 'Start of the hour, packet time',
    handshakes UInt64 COMMENT 'Handshakes that count',
    rtt_buckets Map(UInt16, UInt64) COMMENT 'Handshakes by RTT bucket, floor(32 log2(us + 1))'
)
ENGINE = ReplacingMergeTree(handshakes)
PARTITION BY toYYYYMM(time)
ORDER BY (service, prefix, time, site)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE VIEW IF NOT EXISTS rtt_by_prefix_1h
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    ip_version UInt8 COMMENT '4 or 6',
    prefix IPv6 COMMENT 'Client /24 or /48, IPv4 mapped',
    asn Nullable(UInt32) COMMENT 'Origin AS of the prefix',
    country LowCardinality(Nullable(String)) COMMENT 'Country of the prefix',
    time DateTime('UTC') COMMENT 'Start of the hour, packet time',
    handshakes UInt64 COMMENT 'Handshakes that count',
    rtt_buckets Map(UInt16, UInt64) COMMENT 'Handshakes by RTT bucket, floor(32 log2(us + 1))'
)
AS SELECT * FROM rtt_by_prefix_1h_rows FINAL;
