-- Days (seconds since 1970) of rtt_by_site_1d, computed from their hours.
INSERT INTO rtt_by_site_1d_rows (service, site, ip_version, time, handshakes, rtt_buckets)
SELECT service, site, ip_version, day, sum(hours.handshakes), sumMap(hours.rtt_buckets)
FROM
(
    SELECT service, site, ip_version, toStartOfDay(time) AS day, handshakes, rtt_buckets
    FROM rtt_by_site_1h
    WHERE has({starts:Array(UInt32)}, toUInt32(toStartOfDay(time)))
) AS hours
GROUP BY service, site, ip_version, day
