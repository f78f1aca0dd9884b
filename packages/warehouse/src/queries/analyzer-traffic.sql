-- Queries by prefix, minute and site, in no order; sites as numbers into the given list.
SELECT
    toUInt32(intDiv(toUnixTimestamp(minute), 60)) AS minute_number,
    toUInt16(indexOf({sites:Array(String)}, toString(site)) - 1) AS site_number,
    assumeNotNull(traffic.prefix) AS known_prefix,
    toFloat32(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0)) AS queries
FROM traffic
WHERE service = {service:String}
    AND traffic.prefix IS NOT NULL
    AND excluded = ''
    AND minute >= toDateTime(intDiv({fromMicros:Int64}, 60000000) * 60, 'UTC')
    AND minute < toDateTime(intDiv({toMicros:Int64} + 999999, 1000000), 'UTC')
    AND has({sites:Array(String)}, toString(site))
SETTINGS output_format_arrow_compression_method = 'none'
