-- What a live sensor says of itself; NULL where it is not known, as for files.

ALTER TABLE sensor_status
    ADD COLUMN IF NOT EXISTS passive_opens Nullable(UInt64) COMMENT 'Connections that the kernel of the host accepted since the boot',
    ADD COLUMN IF NOT EXISTS pending_max Nullable(UInt32) COMMENT 'Pending handshakes at most',
    ADD COLUMN IF NOT EXISTS timestamp_type LowCardinality(Nullable(String)) COMMENT 'Whose clock stamps the packets: host or pipe',
    ADD COLUMN IF NOT EXISTS clock_offset_us Nullable(Int64) COMMENT 'Wall clock minus packet time, microseconds',
    ADD COLUMN IF NOT EXISTS clock_steps Nullable(UInt32) COMMENT 'Steps of the clock beyond 1 ms since the boot',
    ADD COLUMN IF NOT EXISTS traffic_mode LowCardinality(Nullable(String)) COMMENT 'How queries are counted: full, sampled or off',
    ADD COLUMN IF NOT EXISTS sampling_rate Nullable(UInt32) COMMENT '1: every query over UDP is counted; N: one in N',
    ADD COLUMN IF NOT EXISTS cpu_cores Nullable(Float32) COMMENT 'Cores that the sensor uses',
    ADD COLUMN IF NOT EXISTS platform LowCardinality(Nullable(String)) COMMENT 'Versions of Node and libpcap';
