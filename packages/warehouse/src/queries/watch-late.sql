-- Rows by minute of what was decided lately, from the rollup, which counts as they arrive: more than
-- there were at the decision came late.
SELECT
    toUInt32(intDiv(toUnixTimestamp(time), 60)) AS minute,
    toFloat64(sum(handshakes)) AS handshakes
FROM rtt_by_site_1m
WHERE service = {service:String}
    AND time >= toDateTime(intDiv({fromMicros:Int64}, 1000000), 'UTC')
    AND time < toDateTime(intDiv({toMicros:Int64}, 1000000), 'UTC')
GROUP BY minute
