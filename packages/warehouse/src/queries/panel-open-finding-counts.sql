-- Reads findings, newest version of each. How many are open now, by severity.
SELECT
    countIf(severity = 'page') AS pages,
    countIf(severity = 'ticket') AS tickets,
    countIf(severity = 'note') AS notes
FROM findings FINAL
WHERE service IN (${service:sqlstring})
    AND state = 'open'
