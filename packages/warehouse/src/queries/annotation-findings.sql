-- Reads findings, newest version of each. Marks where a finding about the chosen sites began, and ended once it is over: at its onset or, where it stood from the beginning, when it was told.
SELECT
    ifNull(parseDateTime64BestEffortOrNull(JSONExtractString(finding, 'onset'), 6, 'UTC'), opened) AS time,
    resolved AS timeEnd,
    concat(kind, ', ', severity, ', ', state) AS title,
    JSONExtractString(finding, 'sentence') AS text,
    concat(severity, ',', kind) AS tags
FROM findings FINAL
WHERE service IN (${service:sqlstring})
    AND (JSONExtractString(finding, 'site_to') IN (${site:sqlstring})
        OR JSONExtractString(finding, 'site_from') IN (${site:sqlstring})
        OR JSONExtractString(finding, 'scope', 'site') IN (${site:sqlstring}))
    AND time <= $__toTime
    AND (resolved IS NULL OR resolved >= $__fromTime)
ORDER BY time, id
LIMIT 200
