-- Which handshakes are kept out of every aggregate, and why?
SELECT excluded AS reason, count() AS handshakes
FROM handshakes
WHERE service = 'ns1.example' AND excluded != ''
GROUP BY reason
ORDER BY handshakes DESC, reason
