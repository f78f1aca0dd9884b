-- For which networks are IPv4 and IPv6 far apart?
SELECT asn,
    quantileExactIf(0.5)(median_us, ip_version = 4) AS ipv4_us,
    quantileExactIf(0.5)(median_us, ip_version = 6) AS ipv6_us,
    toInt64(ipv6_us) - toInt64(ipv4_us) AS difference_us
FROM
(
    SELECT asn, ip_version, prefix, quantileExact(0.5)(rtt_us) AS median_us
    FROM handshakes
    WHERE service = 'ns1.example' AND excluded = '' AND asn IS NOT NULL
    GROUP BY asn, ip_version, prefix
)
GROUP BY asn
HAVING uniqExact(ip_version) = 2
ORDER BY abs(difference_us) DESC, asn
LIMIT 10
