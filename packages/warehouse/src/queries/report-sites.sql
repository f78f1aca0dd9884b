-- By site and IP version: handshakes that count, prefixes, and quantiles over prefixes, each
-- prefix by its median RTT and its queries (its handshakes where no queries were counted).
WITH
    handshake_prefixes AS
    (
        SELECT site, ip_version, prefix, count() AS handshakes, quantileExact(0.5)(rtt_us) AS rtt
        FROM handshakes
        WHERE service = {service:String} AND excluded = ''
            AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
            AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
        GROUP BY site, ip_version, prefix
    ),
    traffic_prefixes AS
    (
        SELECT
            site, ip_version, traffic.prefix AS prefix,
            sum(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0)) AS queries
        FROM traffic
        WHERE service = {service:String} AND excluded = '' AND traffic.prefix IS NOT NULL
            AND minute >= toDateTime(intDiv({fromMicros:Int64}, 60000000) * 60, 'UTC')
            AND minute < toDateTime(intDiv({toMicros:Int64} + 999999, 1000000), 'UTC')
        GROUP BY site, ip_version, prefix
    )
SELECT
    toString(site) AS site_code,
    ip_version AS version,
    toFloat64(sum(queries)) AS query_count,
    toFloat64(sum(handshakes)) AS handshake_count,
    toFloat64(countIf(handshakes > 0)) AS prefixes_measured,
    toFloat64(count()) AS prefixes_seen,
    toFloat64(countIf(handshakes >= 10)) AS prefixes_covered,
    toFloat64(sumIf(queries, handshakes >= 10)) AS queries_covered,
    groupArrayIf(tuple(toFloat64(rtt), toFloat64(if({byQueries:Bool}, queries, handshakes))), handshakes > 0) AS medians
FROM
(
    SELECT
        site, assumeNotNull(ip_version) AS ip_version, assumeNotNull(prefix) AS prefix,
        sum(handshakes) AS handshakes, max(rtt) AS rtt, sum(queries) AS queries
    FROM
    (
        SELECT site, ip_version, prefix, handshakes, rtt, toUInt64(0) AS queries FROM handshake_prefixes
        UNION ALL
        SELECT site, ip_version, prefix, toUInt64(0), toUInt32(0), queries FROM traffic_prefixes
    )
    GROUP BY site, ip_version, prefix
)
GROUP BY site, ip_version
ORDER BY site_code, version
