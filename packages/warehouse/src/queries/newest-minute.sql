-- The newest minute of packet time that counts, of any service; 0 in an empty warehouse.
SELECT toUnixTimestamp(max(time)) AS seconds
FROM rtt_by_site_1m
