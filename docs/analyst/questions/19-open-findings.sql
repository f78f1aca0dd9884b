-- What is wrong now, worst first?
SELECT severity, kind, round(lost_time) AS lost_ms_per_second,
    JSONExtractString(finding, 'sentence') AS sentence
FROM findings FINAL
WHERE service = 'ns1.example' AND state = 'open'
ORDER BY indexOf(['page', 'ticket', 'note'], severity), lost_time DESC, id
