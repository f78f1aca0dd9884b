-- Clients of which countries wait longest?
SELECT country, count() AS prefixes, quantileExact(0.5)(median_us) AS median_rtt_us
FROM
(
    SELECT country, prefix, quantileExact(0.5)(rtt_us) AS median_us
    FROM handshakes
    WHERE service = 'ns1.example' AND excluded = '' AND country IS NOT NULL
    GROUP BY country, prefix
)
GROUP BY country
ORDER BY median_rtt_us DESC, country
LIMIT 10
