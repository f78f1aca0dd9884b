-- Every prefix at each of its sites: handshakes that count, their median RTT, queries, and the
-- network (0: unknown), prefix after prefix; sites as numbers into the given list. What a report
-- says of sites, of networks and of coverage is sums of these, so that rows are read once for all.
SELECT
    assumeNotNull(ip_version) AS version,
    assumeNotNull(prefix) AS known_prefix,
    toUInt16(indexOf({sites:Array(String)}, toString(site)) - 1) AS site_number,
    toUInt32(ifNull(max(asn), 0)) AS network,
    toUInt32(sum(handshakes)) AS handshake_count,
    toUInt32(max(rtt)) AS rtt_us,
    toFloat64(sum(queries)) AS query_count
FROM
(
    SELECT
        site, toNullable(ip_version) AS ip_version, toNullable(prefix) AS prefix, max(asn) AS asn,
        count() AS handshakes, quantileExact(0.5)(rtt_us) AS rtt, toUInt64(0) AS queries
    FROM handshakes
    WHERE service = {service:String} AND excluded = ''
        AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
        AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
    GROUP BY site, ip_version, prefix
    UNION ALL
    SELECT
        site, ip_version, traffic.prefix AS prefix, max(asn) AS asn,
        toUInt64(0), toUInt32(0), sum(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0)) AS queries
    FROM traffic
    WHERE service = {service:String} AND excluded = '' AND traffic.prefix IS NOT NULL
        AND minute >= toDateTime(intDiv({fromMicros:Int64}, 60000000) * 60, 'UTC')
        AND minute < toDateTime(intDiv({toMicros:Int64} + 999999, 1000000), 'UTC')
    GROUP BY site, ip_version, prefix
)
WHERE has({sites:Array(String)}, toString(site))
GROUP BY site, ip_version, prefix
ORDER BY version, known_prefix, site_number
SETTINGS output_format_arrow_compression_method = 'none'
