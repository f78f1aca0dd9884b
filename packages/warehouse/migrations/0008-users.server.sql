-- Roles and users of a server. No user has a password, none is let in from anywhere: `goldpan
-- migrate --password USER=FILE`, or ALTER USER, gives one to whom it is needed.

CREATE ROLE IF NOT EXISTS goldpan_writer;

GRANT INSERT ON {database}.* TO goldpan_writer;

GRANT SELECT ON {database}.migrations TO goldpan_writer;

GRANT SELECT ON {database}.ingests TO goldpan_writer;

CREATE ROLE IF NOT EXISTS goldpan_reader;

GRANT SELECT, dictGet ON {database}.* TO goldpan_reader;

CREATE ROLE IF NOT EXISTS goldpan_analyzer;

GRANT SELECT, INSERT, dictGet ON {database}.* TO goldpan_analyzer;

CREATE ROLE IF NOT EXISTS goldpan_admin;

GRANT SELECT, INSERT, ALTER, CREATE, DROP, TRUNCATE, OPTIMIZE, dictGet ON {database}.* TO goldpan_admin;

CREATE SETTINGS PROFILE IF NOT EXISTS goldpan_reading SETTINGS
    readonly = 1,
    max_execution_time = 60 CHANGEABLE_IN_READONLY,
    max_memory_usage = 4000000000,
    enable_http_compression = 1 CHANGEABLE_IN_READONLY,
    output_format_arrow_compression_method = 'none' CHANGEABLE_IN_READONLY;

CREATE USER IF NOT EXISTS goldpan_estimator
    IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000'
    HOST NONE;

CREATE USER IF NOT EXISTS goldpan_watch
    IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000'
    HOST NONE;

CREATE USER IF NOT EXISTS goldpan_grafana
    IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000'
    HOST NONE SETTINGS PROFILE 'goldpan_reading';

CREATE USER IF NOT EXISTS goldpan_migrations
    IDENTIFIED WITH sha256_hash BY '0000000000000000000000000000000000000000000000000000000000000000'
    HOST NONE;

GRANT goldpan_writer TO goldpan_estimator;

GRANT goldpan_analyzer TO goldpan_watch;

GRANT goldpan_reader TO goldpan_grafana;

GRANT goldpan_admin TO goldpan_migrations;
