-- The present state of every finding of a service (of all, where it is empty), newest version each.
SELECT argMax(finding, version) AS finding
FROM findings
WHERE ({service:String} = '' OR service = {service:String})
GROUP BY service, id
