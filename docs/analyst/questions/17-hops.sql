-- How many routers lie between the clients of a network and each site?
-- A step here beside a step of the RTT is a new path.
SELECT site, quantileExact(0.5)(assumeNotNull(hops)) AS median_hops
FROM handshakes
WHERE service = 'ns1.example' AND hops IS NOT NULL AND asn = 4200000000
GROUP BY site
ORDER BY site
