-- Reads findings, newest version of each. What was open in the time range and concerns the site: it is where clients went, where they came from, or in trouble itself.
SELECT
    severity,
    kind,
    state,
    JSONExtractString(finding, 'sentence') AS sentence,
    opened,
    resolved,
    lost_time,
    id
FROM findings FINAL
WHERE service IN (${service:sqlstring})
    AND (JSONExtractString(finding, 'site_to') IN (${site:sqlstring})
        OR JSONExtractString(finding, 'site_from') IN (${site:sqlstring})
        OR JSONExtractString(finding, 'scope', 'site') IN (${site:sqlstring}))
    AND opened <= $__toTime
    AND (resolved IS NULL OR resolved >= $__fromTime)
ORDER BY state = 'resolved', indexOf(['page', 'ticket', 'note'], toString(severity)), lost_time DESC, id
LIMIT 100
