-- How long do the servers of each site take to answer a SYN? This is not in the RTT.
SELECT site, quantileExact(0.5)(assumeNotNull(accept_us)) AS median_accept_us,
    max(accept_us) AS longest_accept_us
FROM handshakes
WHERE service = 'ns1.example' AND accept_us IS NOT NULL
GROUP BY site
ORDER BY site
