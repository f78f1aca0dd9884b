-- What is known of the sites: which of them may serve whom.
SELECT * FROM sites FINAL ORDER BY code
