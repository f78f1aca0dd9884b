-- Names of some networks, where they are known.
SELECT networks.asn AS asn, max(networks.name) AS network_name
FROM networks
WHERE networks.asn IN ({asns:Array(UInt32)}) AND networks.name != ''
GROUP BY asn
ORDER BY asn
