-- Runs that were deleted here, by their names among all catalogs: they do not come again with another catalog.
CREATE TABLE deleted_runs (uid TEXT PRIMARY KEY, deleted_at TEXT NOT NULL) WITHOUT ROWID;

-- The newest run counts by when it was made: one that came from another catalog has a higher number than younger ones.
DROP VIEW measured_here_now;
CREATE VIEW measured_here_now AS
SELECT model_id, metric, value, unit, stdev, n, interval_low, interval_high, interval_method, pack_version,
  run_id, file_id
FROM (
  SELECT m.*, f.model_id,
    row_number() OVER (PARTITION BY f.model_id, m.metric ORDER BY r.created_at DESC, m.run_id DESC) AS age
  FROM measurements m JOIN gguf_files f ON f.id = m.file_id JOIN runs r ON r.id = m.run_id
  WHERE m.run_id IS NOT NULL AND f.model_id IS NOT NULL AND f.kind = 'file' AND r.origin = 'here'
) WHERE age = 1;
