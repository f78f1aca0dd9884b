-- Handshakes that count of some networks by IP version and RTT bucket (floor(32 log2(us + 1))).
SELECT
    assumeNotNull(network) AS asn,
    ip_version AS version,
    groupArray(bucket) AS buckets,
    groupArray(bucket_count) AS counts
FROM
(
    SELECT
        handshakes.asn AS network, ip_version,
        toUInt16(floor(32 * log2(rtt_us + 1))) AS bucket,
        toUInt32(count()) AS bucket_count
    FROM handshakes
    WHERE service = {service:String} AND excluded = ''
        AND handshakes.asn IN ({asns:Array(UInt32)})
        AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
        AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
    GROUP BY network, ip_version, bucket
)
GROUP BY network, ip_version
ORDER BY asn, version
