-- A day (seconds since 1970) of rtt_by_site_1d, computed from its hours.
INSERT INTO rtt_by_site_1d_rows (service, site, ip_version, time, handshakes, rtt_buckets)
SELECT service, site, ip_version, toDateTime({start:UInt32}, 'UTC'),
    sum(hours.handshakes), sumMap(hours.rtt_buckets)
FROM rtt_by_site_1h AS hours
WHERE hours.time >= toDateTime({start:UInt32}, 'UTC')
    AND hours.time < toDateTime({start:UInt32} + 86400, 'UTC')
GROUP BY service, site, ip_version
