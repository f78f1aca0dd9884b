-- Which prefixes were seen at more than one site?
SELECT prefix, arraySort(groupUniqArray(toString(site))) AS sites
FROM handshakes
WHERE service = 'ns1.example'
GROUP BY prefix
HAVING length(sites) > 1
ORDER BY toString(prefix)
