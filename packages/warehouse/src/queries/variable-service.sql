-- Reads sensor_status. The services to choose from, heard in the last 30 days.
SELECT DISTINCT toString(service) AS name FROM sensor_status ORDER BY name
