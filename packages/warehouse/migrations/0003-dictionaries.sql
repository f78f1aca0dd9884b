-- Dictionaries of places and names. They read their tables as the user `default` of the server
-- itself; a change of a table shows within a minute.

CREATE DICTIONARY IF NOT EXISTS site_dictionary
(
    code String,
    city String,
    country String,
    latitude Float64,
    longitude Float64,
    reach String,
    families String
)
PRIMARY KEY code
SOURCE(CLICKHOUSE(QUERY 'SELECT code, city, country, latitude, longitude, reach, families FROM {database}.sites FINAL'))
LAYOUT(COMPLEX_KEY_HASHED())
LIFETIME(MIN 30 MAX 60)
COMMENT 'Places of sites, by code';

CREATE DICTIONARY IF NOT EXISTS as_dictionary
(
    asn UInt64,
    name String
)
PRIMARY KEY asn
SOURCE(CLICKHOUSE(QUERY 'SELECT toUInt64(asn), name FROM {database}.networks FINAL'))
LAYOUT(HASHED())
LIFETIME(MIN 30 MAX 60)
COMMENT 'Names of ASes, by number';

CREATE DICTIONARY IF NOT EXISTS as_group_dictionary
(
    asn UInt64,
    group_name String
)
PRIMARY KEY asn
SOURCE(CLICKHOUSE(QUERY 'SELECT toUInt64(asn), group_name FROM {database}.as_groups FINAL'))
LAYOUT(HASHED())
LIFETIME(MIN 30 MAX 60)
COMMENT 'Groups of ASes, by number';
