-- Reads findings, newest version of each. What is open now, worst first: pages before tickets before notes, then by lost time.
SELECT
    severity,
    kind,
    JSONExtractString(finding, 'site_to') AS site,
    JSONExtractString(finding, 'sentence') AS sentence,
    service,
    state,
    opened,
    lost_time,
    JSONExtractFloat(finding, 'excess_ms') AS excess_ms,
    JSONExtractFloat(finding, 'queries_per_second') AS queries_per_second,
    id
FROM findings FINAL
WHERE service IN (${service:sqlstring})
    AND state IN ('open', 'acknowledged')
ORDER BY indexOf(['page', 'ticket', 'note'], toString(severity)), lost_time DESC, id
LIMIT 100
