-- Which networks lose packets? A SYN-ACK is sent again when it, or its answer, was lost.
SELECT asn, countIf(synack_retransmissions > 0) / count() AS retransmitted_share,
    count() AS handshakes
FROM handshakes
WHERE service = 'ns1.example' AND asn IS NOT NULL
GROUP BY asn
ORDER BY retransmitted_share DESC, asn
LIMIT 10
