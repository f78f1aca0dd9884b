-- Every prefix at each of its sites: queries, and the network (0: unknown), in no order; sites as
-- numbers into the given list.
SELECT
    assumeNotNull(traffic.prefix) AS known_prefix,
    toUInt16(indexOf({sites:Array(String)}, toString(site)) - 1) AS site_number,
    toUInt32(ifNull(max(asn), 0)) AS network,
    toFloat64(sum(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0))) AS query_count
FROM traffic
WHERE service = {service:String} AND excluded = '' AND traffic.prefix IS NOT NULL
    AND minute >= toDateTime(intDiv({fromMicros:Int64}, 60000000) * 60, 'UTC')
    AND minute < toDateTime(intDiv({toMicros:Int64} + 999999, 1000000), 'UTC')
    AND has({sites:Array(String)}, toString(site))
GROUP BY site_number, known_prefix
SETTINGS output_format_arrow_compression_method = 'none'
