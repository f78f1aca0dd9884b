-- Reads dead_letters. Messages that the estimator could not take, by topic and reason.
SELECT
    $__timeInterval(time) AS slot,
    concat(topic, ': ', reason) AS why,
    uniqExact(topic, bus_partition, bus_offset) AS messages
FROM dead_letters
WHERE $__timeFilter(dead_letters.time)
GROUP BY slot, why
ORDER BY slot, why
