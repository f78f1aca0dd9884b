-- The prefixes that completed a handshake, with their network and country (0 and '' where unknown).
SELECT
    prefix,
    toUInt32(ifNull(max(asn), 0)) AS asn,
    ifNull(toString(max(country)), '') AS country
FROM handshakes
WHERE service = {service:String}
    AND excluded = ''
    AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
    AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
GROUP BY prefix
ORDER BY prefix
SETTINGS output_format_arrow_compression_method = 'none'
