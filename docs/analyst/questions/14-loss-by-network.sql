-- Which networks lose packets? A SYN-ACK is sent again when it, or its answer, was lost.
-- Networks with fewer than ten handshakes are left out: one lost packet would lead the list.
SELECT asn, countIf(synack_retransmissions > 0) / count() AS retransmitted_share,
    count() AS handshakes
FROM handshakes
WHERE service = 'ns1.example' AND asn IS NOT NULL
GROUP BY asn
HAVING handshakes >= 10
ORDER BY retransmitted_share DESC, asn
LIMIT 10
