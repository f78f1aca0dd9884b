-- An hour (seconds since 1970) of rtt_by_site_1h, computed from its minutes.
INSERT INTO rtt_by_site_1h_rows (service, site, ip_version, time, handshakes, rtt_buckets)
SELECT service, site, ip_version, toDateTime({start:UInt32}, 'UTC'),
    sum(minutes.handshakes), sumMap(minutes.rtt_buckets)
FROM rtt_by_site_1m AS minutes
WHERE minutes.time >= toDateTime({start:UInt32}, 'UTC')
    AND minutes.time < toDateTime({start:UInt32} + 3600, 'UTC')
GROUP BY service, site, ip_version
