-- What did a network's RTT do around a moment?
SELECT if(time < toDateTime('2026-01-01 00:15:00', 'UTC'), 'before', 'after') AS phase,
    count() AS handshakes, quantileExact(0.5)(rtt_us) AS median_over_handshakes_us
FROM handshakes
WHERE service = 'ns1.example' AND excluded = '' AND asn = 4200000000
GROUP BY phase
ORDER BY phase DESC
