-- Reads findings, newest version of each. One row per open finding of severity page; its value is the lost time, ms per second.
SELECT
    toString(service) AS service,
    toString(kind) AS kind,
    id AS finding_id,
    JSONExtractString(finding, 'incident') AS incident,
    lost_time
FROM findings FINAL
WHERE severity = 'page' AND state = 'open'
ORDER BY lost_time DESC, id
LIMIT 100
