-- ENTRADA2's column names, for those who bring their queries along. tcp_rtt is in milliseconds.

CREATE VIEW IF NOT EXISTS entrada2 AS
SELECT
    time,
    service AS server,
    site AS server_location,
    ip_version,
    toUInt8(6) AS prot,
    ifNull(client, prefix) AS ip_src,
    client_port AS prot_src_port,
    server AS ip_dst,
    server_port AS prot_dst_port,
    country AS ip_geo_country,
    asn AS ip_asn,
    rtt_us / 1000 AS tcp_rtt
FROM handshakes
WHERE excluded = '';
