-- Hours (seconds since 1970) of rtt_by_as_1h, computed from their minutes.
INSERT INTO rtt_by_as_1h_rows (service, site, ip_version, asn, country, time, handshakes, rtt_buckets)
SELECT service, site, ip_version, asn, country, hour, sum(minutes.handshakes), sumMap(minutes.rtt_buckets)
FROM
(
    SELECT service, site, ip_version, asn, country, toStartOfHour(time) AS hour, handshakes, rtt_buckets
    FROM rtt_by_as_1m
    WHERE has({starts:Array(UInt32)}, toUInt32(toStartOfHour(time)))
        AND time >= toDateTime(arrayMin({starts:Array(UInt32)}), 'UTC')
        AND time < toDateTime(arrayMax({starts:Array(UInt32)}) + 3600, 'UTC')
) AS minutes
GROUP BY service, site, ip_version, asn, country, hour
