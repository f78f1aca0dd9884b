-- Handshakes that count by site, IP version, bin of time and RTT bucket (floor(32 log2(us + 1))).
SELECT
    toString(site) AS site_code,
    ip_version AS version,
    bin_number,
    groupArray(bucket) AS buckets,
    groupArray(bucket_count) AS counts
FROM
(
    SELECT
        site, ip_version,
        toUInt32(intDiv(toUnixTimestamp64Micro(time), {binSeconds:Int64} * 1000000)) AS bin_number,
        toUInt16(floor(32 * log2(rtt_us + 1))) AS bucket,
        toUInt32(count()) AS bucket_count
    FROM handshakes
    WHERE service = {service:String} AND excluded = ''
        AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
        AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
    GROUP BY site, ip_version, bin_number, bucket
)
GROUP BY site, ip_version, bin_number
ORDER BY site_code, version, bin_number
