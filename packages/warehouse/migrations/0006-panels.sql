-- What dashboards and alert rules read beyond the rollups of RTTs: queries by site, and the
-- messages that the estimator could not take.

CREATE TABLE IF NOT EXISTS traffic_by_site_1m
(
    service LowCardinality(String) COMMENT 'Anycast service',
    site LowCardinality(String) COMMENT 'Site code',
    ip_version UInt8 COMMENT '4 or 6; 0: prefixes beyond the bound of the sensor',
    time DateTime('UTC') COMMENT 'Start of the minute, packet time',
    udp_queries SimpleAggregateFunction(sum, Nullable(UInt64)) COMMENT 'DNS queries over UDP; NULL: not visible here',
    tcp_queries SimpleAggregateFunction(sum, Nullable(UInt64)) COMMENT 'DNS queries over TCP; NULL: not visible here',
    truncated_answers SimpleAggregateFunction(sum, Nullable(UInt64)) COMMENT 'Answers over UDP with TC=1; NULL: not visible here',
    handshakes SimpleAggregateFunction(sum, Nullable(UInt64)) COMMENT 'Completed handshakes; NULL: not visible here'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (service, site, ip_version, time)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS traffic_by_site_1m_feed TO traffic_by_site_1m AS
SELECT
    service, site, ifNull(traffic.ip_version, 0) AS ip_version, minute AS time,
    sum(toUInt64(traffic.udp_queries)) AS udp_queries,
    sum(toUInt64(traffic.tcp_queries)) AS tcp_queries,
    sum(toUInt64(traffic.truncated_answers)) AS truncated_answers,
    sum(toUInt64(traffic.handshakes)) AS handshakes
FROM traffic
WHERE excluded = ''
GROUP BY service, site, ip_version, time;

CREATE TABLE IF NOT EXISTS dead_letters
(
    time DateTime64(6, 'UTC') COMMENT 'Time of the message on the bus',
    reason LowCardinality(String) COMMENT 'Why it could not be taken',
    topic LowCardinality(String) COMMENT 'Topic on the bus',
    bus_partition UInt32 COMMENT 'Partition of the topic',
    bus_offset UInt64 COMMENT 'Offset in the partition',
    source String COMMENT 'service/site/sensor, as the key of the message says',
    message String COMMENT 'Empty: the message stays on its topic, at this offset' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, bus_partition, bus_offset)
SETTINGS non_replicated_deduplication_window = 10000;
