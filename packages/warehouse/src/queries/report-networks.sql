-- The networks with most queries (most handshakes where no queries were counted), by IP version:
-- the median RTT and weight of each measured prefix at each of its sites, and what each site had.
WITH
    handshake_prefixes AS
    (
        SELECT
            assumeNotNull(asn) AS network, ip_version, prefix, site,
            count() AS handshakes, quantileExact(0.5)(rtt_us) AS rtt
        FROM handshakes
        WHERE service = {service:String} AND excluded = '' AND asn IS NOT NULL
            AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
            AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
        GROUP BY network, ip_version, prefix, site
    ),
    traffic_prefixes AS
    (
        SELECT
            assumeNotNull(asn) AS network, assumeNotNull(ip_version) AS ip_version,
            assumeNotNull(traffic.prefix) AS prefix, site,
            sum(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0)) AS queries
        FROM traffic
        WHERE service = {service:String} AND excluded = '' AND traffic.prefix IS NOT NULL
            AND asn IS NOT NULL
            AND minute >= toDateTime(intDiv({fromMicros:Int64}, 60000000) * 60, 'UTC')
            AND minute < toDateTime(intDiv({toMicros:Int64} + 999999, 1000000), 'UTC')
        GROUP BY network, ip_version, prefix, site
    ),
    prefix_sites AS
    (
        SELECT
            network, ip_version, prefix, site,
            sum(handshakes) AS handshakes, max(rtt) AS rtt, sum(queries) AS queries
        FROM
        (
            SELECT network, ip_version, prefix, site, handshakes, rtt, toUInt64(0) AS queries
            FROM handshake_prefixes
            UNION ALL
            SELECT network, ip_version, prefix, site, toUInt64(0), toUInt32(0), queries
            FROM traffic_prefixes
        )
        GROUP BY network, ip_version, prefix, site
    ),
    -- From the rows, not from prefix_sites: what is named twice here is computed twice.
    ranked AS
    (
        SELECT network, sum(weight) AS network_weight
        FROM
        (
            SELECT
                assumeNotNull(asn) AS network, if({byQueries:Bool}, toUInt64(0), count()) AS weight
            FROM handshakes
            WHERE service = {service:String} AND excluded = '' AND asn IS NOT NULL
                AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
                AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
            GROUP BY network
            UNION ALL
            SELECT
                assumeNotNull(asn) AS network,
                if({byQueries:Bool},
                    sum(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0)), toUInt64(0)) AS weight
            FROM traffic
            WHERE service = {service:String} AND excluded = '' AND traffic.prefix IS NOT NULL
                AND asn IS NOT NULL
                AND minute >= toDateTime(intDiv({fromMicros:Int64}, 60000000) * 60, 'UTC')
                AND minute < toDateTime(intDiv({toMicros:Int64} + 999999, 1000000), 'UTC')
            GROUP BY network
        )
        GROUP BY network
        ORDER BY network_weight DESC, network
        LIMIT {networksMax:UInt32}
    ),
    names AS (SELECT networks.asn AS asn, max(networks.name) AS name FROM networks GROUP BY asn)
SELECT
    measured.network AS asn, names.name AS network_name, measured.version AS version,
    query_count, handshake_count, prefixes_seen, prefixes_measured, site_counts, medians
FROM
(
    SELECT
        network, ip_version AS version,
        sum(site_queries) AS query_count,
        sum(site_handshakes) AS handshake_count,
        toFloat64(uniqExactMerge(seen)) AS prefixes_seen,
        toFloat64(uniqExactMerge(measured_prefixes)) AS prefixes_measured,
        arraySort(
            (counts) -> (-counts.2, -counts.3, counts.1),
            groupArray((toString(site), site_queries, site_handshakes))) AS site_counts,
        groupArrayArray(site_medians) AS medians
    FROM
    (
        SELECT
            network, ip_version, site,
            toFloat64(sum(queries)) AS site_queries,
            toFloat64(sum(handshakes)) AS site_handshakes,
            uniqExactState(prefix) AS seen,
            uniqExactStateIf(prefix, handshakes > 0) AS measured_prefixes,
            groupArrayIf(
                tuple(toFloat64(rtt), toFloat64(if({byQueries:Bool}, queries, handshakes))),
                handshakes > 0) AS site_medians
        FROM prefix_sites
        WHERE network IN (SELECT network FROM ranked)
        GROUP BY network, ip_version, site
    )
    GROUP BY network, ip_version
) AS measured
INNER JOIN ranked ON ranked.network = measured.network
LEFT JOIN names ON names.asn = measured.network
ORDER BY network_weight DESC, asn, version
