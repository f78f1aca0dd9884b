-- An hour (seconds since 1970) of rtt_by_prefix_1h, computed from the raw rows.
INSERT INTO rtt_by_prefix_1h_rows
    (service, site, ip_version, prefix, asn, country, time, handshakes, rtt_buckets)
SELECT
    service, site, any(ip_version), prefix, any(asn), any(country),
    toDateTime({start:UInt32}, 'UTC'), sum(n), sumMap(map(bucket, n))
FROM
(
    SELECT
        service, site, prefix, any(ip_version) AS ip_version, any(asn) AS asn, any(country) AS country,
        toUInt16(floor(32 * log2(rtt_us + 1))) AS bucket, count() AS n
    FROM handshakes
    WHERE excluded = ''
        AND time >= toDateTime64({start:UInt32}, 6, 'UTC')
        AND time < toDateTime64({start:UInt32} + 3600, 6, 'UTC')
    GROUP BY service, site, prefix, bucket
)
GROUP BY service, site, prefix
