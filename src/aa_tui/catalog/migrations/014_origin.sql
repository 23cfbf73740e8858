-- A run's name among all catalogs, by which one that comes in again is known. Runs of earlier versions are named by what
-- they are, so that the copies of one catalog name them alike.
ALTER TABLE runs ADD COLUMN uid TEXT;
UPDATE runs SET uid = created_at || '/' || id || '/' || coalesce(
  (SELECT substr(f.sha256, 1, 16) FROM gguf_files f WHERE f.id = runs.file_id), '');
CREATE UNIQUE INDEX runs_uid ON runs(uid);
CREATE TRIGGER runs_named AFTER INSERT ON runs WHEN new.uid IS NULL BEGIN
  UPDATE runs SET uid = lower(hex(randomblob(16))) WHERE id = new.id;
END;

-- Where a run was made: in this catalog ('here'), in another machine's ('machine'), or by another program, whose log was
-- read ('log'). `origin_facts` tell more of it, as JSON. Only what was made here is a figure of this machine.
ALTER TABLE runs ADD COLUMN origin TEXT NOT NULL DEFAULT 'here';
ALTER TABLE runs ADD COLUMN origin_facts TEXT NOT NULL DEFAULT '{}';

DROP VIEW measured_here_now;
CREATE VIEW measured_here_now AS
SELECT model_id, metric, value, unit, stdev, n, interval_low, interval_high, interval_method, pack_version,
  run_id, file_id
FROM (
  SELECT m.*, f.model_id, row_number() OVER (PARTITION BY f.model_id, m.metric ORDER BY m.run_id DESC) AS age
  FROM measurements m JOIN gguf_files f ON f.id = m.file_id JOIN runs r ON r.id = m.run_id
  WHERE m.run_id IS NOT NULL AND f.model_id IS NOT NULL AND f.kind = 'file' AND r.origin = 'here'
) WHERE age = 1;
