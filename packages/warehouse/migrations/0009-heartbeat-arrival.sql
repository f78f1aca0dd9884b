-- When a heartbeat came, by the bus: what a sensor said last is not what has the latest time where
-- its clock was ahead and is right again.

ALTER TABLE sensor_status
    ADD COLUMN IF NOT EXISTS arrived Nullable(DateTime64(3, 'UTC')) COMMENT 'When the bus took it, by the clock of the bus; NULL without one',
    ADD COLUMN IF NOT EXISTS excluded LowCardinality(String) COMMENT 'clock: the clock of the sensor was wrong, the time above too';
