-- Every prefix at each of its sites: handshakes that count, their median RTT, and the network (0:
-- unknown), in no order; sites as numbers into the given list. What a report says of sites, of
-- networks and of coverage is sums of these and of report-prefix-queries.
SELECT
    prefix AS known_prefix,
    toUInt16(indexOf({sites:Array(String)}, toString(site)) - 1) AS site_number,
    toUInt32(ifNull(max(asn), 0)) AS network,
    toUInt32(count()) AS handshake_count,
    quantileExact(0.5)(handshakes.rtt_us) AS rtt_us
FROM handshakes
WHERE service = {service:String} AND excluded = ''
    AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
    AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
    AND has({sites:Array(String)}, toString(site))
GROUP BY site_number, prefix
SETTINGS output_format_arrow_compression_method = 'none'
