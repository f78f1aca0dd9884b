-- The tables that the estimator and the analyzer write. Units are in names, absent values NULL.
-- No TTL here: an analysis of old captures must keep them; retention is set on a live warehouse.

CREATE TABLE IF NOT EXISTS handshakes
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    sensor LowCardinality(String) COMMENT 'Capture process at the site',
    time DateTime64(6, 'UTC') COMMENT 'Packet time of the SYN-ACK that the ACK answers' CODEC(Delta, T64('bit'), ZSTD(1)),
    prefix IPv6 COMMENT 'Client /24 or /48, IPv4 mapped' CODEC(ZSTD(1)),
    ip_version UInt8 COMMENT '4 or 6' CODEC(ZSTD(1)),
    client Nullable(IPv6) COMMENT 'Client address, IPv4 mapped; NULL where it stays at the site' CODEC(ZSTD(1)),
    client_port Nullable(UInt16) COMMENT 'Client port' CODEC(ZSTD(1)),
    server IPv6 COMMENT 'Server address, IPv4 mapped' CODEC(ZSTD(1)),
    server_port UInt16 COMMENT 'Server port' CODEC(ZSTD(1)),
    rtt_us UInt32 COMMENT 'SYN-ACK to ACK, microseconds' CODEC(T64('bit'), ZSTD(1)),
    accept_us Nullable(UInt32) COMMENT 'SYN to SYN-ACK, microseconds: the share of the server' CODEC(T64, ZSTD(1)),
    hops Nullable(UInt8) COMMENT 'Routers that the ACK passed, from its TTL' CODEC(ZSTD(1)),
    synack_retransmissions UInt8 COMMENT 'SYN-ACKs sent again before the ACK' CODEC(ZSTD(1)),
    flags UInt8 COMMENT 'Bits: 1 ambiguous, 2 ack_with_data, 4 syn_missing, 8 client_side, 16 fast_open' CODEC(ZSTD(1)),
    method LowCardinality(String) COMMENT 'How the RTT was measured: handshake',
    ingress LowCardinality(Nullable(String)) COMMENT 'VLAN/MAC that the ACK came from',
    egress LowCardinality(Nullable(String)) COMMENT 'VLAN/MAC that the SYN-ACK went to',
    asn Nullable(UInt32) COMMENT 'Origin AS of the prefix' CODEC(ZSTD(1)),
    country LowCardinality(Nullable(String)) COMMENT 'Country of the prefix, ISO 3166-1 alpha-2',
    excluded LowCardinality(String) COMMENT 'Why the row is kept out of every aggregate; empty: it counts'
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(time)
ORDER BY (service, prefix, time)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, enable_vertical_merge_algorithm = 0;

CREATE TABLE IF NOT EXISTS traffic
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    sensor LowCardinality(String) COMMENT 'Capture process at the site',
    minute DateTime('UTC') COMMENT 'Start of the minute, packet time' CODEC(Delta, ZSTD(1)),
    prefix Nullable(IPv6) COMMENT 'Client /24 or /48; NULL: all prefixes beyond the bound of the sensor' CODEC(ZSTD(1)),
    ip_version Nullable(UInt8) COMMENT '4 or 6' CODEC(ZSTD(1)),
    udp_queries Nullable(UInt32) COMMENT 'DNS queries over UDP; NULL: not visible here' CODEC(ZSTD(1)),
    tcp_queries Nullable(UInt32) COMMENT 'DNS queries over TCP; NULL: not visible here' CODEC(ZSTD(1)),
    truncated_answers Nullable(UInt32) COMMENT 'Answers over UDP with TC=1; NULL: not visible here' CODEC(ZSTD(1)),
    handshakes Nullable(UInt32) COMMENT 'Completed handshakes; NULL: not visible here' CODEC(ZSTD(1)),
    sampling_rate UInt32 COMMENT '1: every query counted; N: one in N, counts already multiplied' CODEC(ZSTD(1)),
    asn Nullable(UInt32) COMMENT 'Origin AS of the prefix' CODEC(ZSTD(1)),
    country LowCardinality(Nullable(String)) COMMENT 'Country of the prefix, ISO 3166-1 alpha-2',
    excluded LowCardinality(String) COMMENT 'Why the row is kept out of every aggregate; empty: it counts'
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(minute)
ORDER BY (service, minute, site)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS sensor_status
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    sensor LowCardinality(String) COMMENT 'Capture process at the site',
    time DateTime64(6, 'UTC') COMMENT 'Packet time that the sensor has passed',
    `final` Bool COMMENT 'The file ended here',
    packets UInt64 COMMENT 'Packets since the boot',
    bytes UInt64 COMMENT 'Bytes since the boot',
    handshakes UInt64 COMMENT 'Handshakes since the boot',
    kernel_drops Nullable(UInt64) COMMENT 'Packets that the kernel dropped; NULL for files',
    counters Map(String, UInt64) COMMENT 'Discards and other events since the boot, by reason',
    pending UInt32 COMMENT 'Pending handshakes',
    version String COMMENT 'Version of the sensor'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (service, site, sensor, time)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS ingests
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    sensor LowCardinality(String) COMMENT 'Capture process at the site',
    boot String COMMENT 'Run of the sensor; of a file a hash of its beginning',
    topic LowCardinality(String) COMMENT 'Topic on the bus',
    next_row UInt64 COMMENT 'Rows below this one are in the warehouse'
)
ENGINE = ReplacingMergeTree(next_row)
ORDER BY (service, site, sensor, boot, topic)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS findings
(
    id String COMMENT 'Hash of what identifies the finding',
    version UInt64 COMMENT 'The highest version of an id is its present state',
    service LowCardinality(String) COMMENT 'Anycast service',
    kind LowCardinality(String) COMMENT 'polarization, detour_by_site, …',
    severity LowCardinality(String) COMMENT 'page, ticket or note',
    state LowCardinality(String) COMMENT 'open, acknowledged, suppressed or resolved',
    opened DateTime64(6, 'UTC') COMMENT 'When a running analyzer would have spoken',
    resolved Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was over',
    lost_time Float64 COMMENT 'Queries per second x excess, ms per second',
    finding String COMMENT 'The whole finding as JSON, as `findings --format json` prints it' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (service, id)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS finding_events
(
    id String COMMENT 'The finding',
    version UInt64 COMMENT 'Minute of packet time, since 1970, at which the finding was so',
    service LowCardinality(String) COMMENT 'Anycast service',
    kind LowCardinality(String) COMMENT 'polarization, detour_by_site, …',
    severity LowCardinality(String) COMMENT 'page, ticket or note',
    state LowCardinality(String) COMMENT 'open, acknowledged, suppressed or resolved',
    opened DateTime64(6, 'UTC') COMMENT 'When a running analyzer would have spoken',
    resolved Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was over',
    lost_time Float64 COMMENT 'Queries per second x excess, ms per second, at that minute',
    finding String COMMENT 'The whole finding as JSON, as it was at that minute' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (service, id, version)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS finding_events_feed TO finding_events AS
SELECT id, version, service, kind, severity, state, opened, resolved, lost_time, finding
FROM findings;

CREATE TABLE IF NOT EXISTS sites
(
    code String COMMENT 'Site code',
    city String COMMENT 'City',
    country String COMMENT 'ISO 3166-1 alpha-2',
    latitude Float64 COMMENT 'Degrees north',
    longitude Float64 COMMENT 'Degrees east',
    reach LowCardinality(String) DEFAULT 'global' COMMENT 'global or local: only global sites are alternatives',
    families LowCardinality(String) DEFAULT '46' COMMENT 'IP versions that are announced there: 4, 6 or 46',
    instrumented Bool DEFAULT true COMMENT 'A sensor is there'
)
ENGINE = ReplacingMergeTree
ORDER BY code;

CREATE TABLE IF NOT EXISTS networks
(
    asn UInt32 COMMENT 'AS number',
    name String COMMENT 'Name of the AS'
)
ENGINE = ReplacingMergeTree
ORDER BY asn;

CREATE TABLE IF NOT EXISTS as_groups
(
    asn UInt32 COMMENT 'AS number',
    group_name String COMMENT 'Group that the AS belongs to, such as a hypergiant with several ASes'
)
ENGINE = ReplacingMergeTree
ORDER BY asn;
