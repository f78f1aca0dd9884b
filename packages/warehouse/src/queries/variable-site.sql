-- Reads rtt_by_site_1m. The sites of the chosen service.
SELECT DISTINCT toString(site) AS code FROM rtt_by_site_1m WHERE service IN (${service:sqlstring}) ORDER BY code
