-- Which prefixes of a site wait longest, of those that were measured well?
SELECT prefix, quantileExact(0.5)(rtt_us) AS median_rtt_us, count() AS samples
FROM handshakes
WHERE service = 'ns1.example' AND excluded = '' AND site = 'ams'
GROUP BY prefix
HAVING samples >= 10
ORDER BY median_rtt_us DESC, prefix
LIMIT 10
