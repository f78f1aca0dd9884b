-- Reads dead_letters. One row per topic and reason; its value is how many messages the estimator could not take in the last hour.
SELECT
    toString(topic) AS topic,
    toString(reason) AS reason,
    toFloat64(uniqExact(bus_partition, bus_offset)) AS messages
FROM dead_letters
WHERE $__timeFilter(dead_letters.time)
GROUP BY topic, reason
ORDER BY topic, reason
