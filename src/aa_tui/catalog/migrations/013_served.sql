-- Servers that models are asked through. `key_env` names an environment variable or an entry of the keyring, where the
-- key is: the key itself is in no catalog. `facts` are what the server said of itself when it was last asked.
CREATE TABLE servers (
  id INTEGER PRIMARY KEY,
  url TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL DEFAULT 'other',
  version TEXT NOT NULL DEFAULT '',
  key_env TEXT NOT NULL DEFAULT '',
  model TEXT NOT NULL DEFAULT '',
  price_in_usd_per_m REAL,
  price_out_usd_per_m REAL,
  facts TEXT NOT NULL DEFAULT '{}',
  added_at TEXT NOT NULL,
  probed_at TEXT
);

-- What is measured is a file here ('file'), or a model as a server serves it ('served'): that one is named by the digest
-- of what it is, its path is the address and the model's name, and nothing of it is on this machine's disk.
ALTER TABLE gguf_files ADD COLUMN kind TEXT NOT NULL DEFAULT 'file';

-- What a server says of an answer of its own; NULL where the model was run in this machine.
ALTER TABLE eval_samples ADD COLUMN server TEXT;
ALTER TABLE eval_samples ADD COLUMN tokens_from TEXT;
ALTER TABLE eval_samples ADD COLUMN n_tries INTEGER;
ALTER TABLE eval_samples ADD COLUMN cost_usd REAL;
ALTER TABLE eval_samples ADD COLUMN timings TEXT;
ALTER TABLE eval_samples ADD COLUMN thinking_from TEXT;

DROP VIEW samples_now;
CREATE VIEW samples_now AS
SELECT s.id, s.run_id, s.item_id, s.epoch, s.position, s.category, s.level, s.finish_reason, g.outcome, g.extracted,
  g.detail, g.grader, g.jail, s.n_prompt, s.n_cached, s.n_thinking, s.n_answer, s.ttft_s, s.ttfat_s, s.e2e_s,
  s.output_tps, s.ended_at, l.label, s.server, s.cost_usd
FROM eval_samples s LEFT JOIN sample_scores g ON g.id = (
  SELECT max(id) FROM sample_scores WHERE sample_id = s.id
) LEFT JOIN sample_labels l ON l.sample_id = s.id;

-- Speeds of this machine: a served model's are its server's.
DROP VIEW measured_here_now;
CREATE VIEW measured_here_now AS
SELECT model_id, metric, value, unit, stdev, n, interval_low, interval_high, interval_method, pack_version,
  run_id, file_id
FROM (
  SELECT m.*, f.model_id, row_number() OVER (PARTITION BY f.model_id, m.metric ORDER BY m.run_id DESC) AS age
  FROM measurements m JOIN gguf_files f ON f.id = m.file_id
  WHERE m.run_id IS NOT NULL AND f.model_id IS NOT NULL AND f.kind = 'file'
) WHERE age = 1;
