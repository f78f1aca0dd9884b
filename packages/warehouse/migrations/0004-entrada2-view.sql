-- The columns of ENTRADA2 that handshakes have, under its names and in its types, for those who
-- bring their queries along. tcp_rtt is in milliseconds as there, but not rounded to whole ones.

CREATE VIEW IF NOT EXISTS entrada2
(
    time DateTime64(6, 'UTC') COMMENT 'Packet time of the SYN-ACK that the ACK answers',
    server String COMMENT 'The anycast service',
    server_location String COMMENT 'Site code',
    ip_version Int32 COMMENT '4 or 6',
    prot Int32 COMMENT '6: TCP',
    ip_src String COMMENT 'Client address; its prefix where the address stays at the site',
    prot_src_port Nullable(Int32) COMMENT 'Client port',
    ip_dst String COMMENT 'Server address',
    prot_dst_port Int32 COMMENT 'Server port',
    ip_geo_country Nullable(String) COMMENT 'Country of the prefix, ISO 3166-1 alpha-2',
    ip_asn Nullable(String) COMMENT 'Origin AS of the prefix',
    ip_asn_org Nullable(String) COMMENT 'Name of the AS',
    tcp_rtt Float64 COMMENT 'SYN-ACK to ACK, milliseconds'
)
AS SELECT
    time,
    toString(service) AS server,
    toString(site) AS server_location,
    toInt32(ip_version) AS ip_version,
    toInt32(6) AS prot,
    if(ip_version = 4,
        toString(toIPv4(substring(toString(ifNull(client, prefix)), 8))),
        toString(ifNull(client, prefix))) AS ip_src,
    toNullable(toInt32(client_port)) AS prot_src_port,
    if(ip_version = 4, toString(toIPv4(substring(toString(handshakes.server), 8))),
        toString(handshakes.server)) AS ip_dst,
    toInt32(server_port) AS prot_dst_port,
    toString(country) AS ip_geo_country,
    toString(asn) AS ip_asn,
    dictGetOrNull('{database}.as_dictionary', 'name', toUInt64(ifNull(asn, 0))) AS ip_asn_org,
    rtt_us / 1000 AS tcp_rtt
FROM handshakes
WHERE excluded = '';
