-- What a run is, exactly: a run is only continued as what it was begun as. `conditions` say when it may work;
-- `live` is what its worker tells of itself now; `skip` names a sample that is not wanted.
ALTER TABLE runs ADD COLUMN identity TEXT;
ALTER TABLE runs ADD COLUMN identity_parts TEXT NOT NULL DEFAULT '{}';
ALTER TABLE runs ADD COLUMN conditions TEXT NOT NULL DEFAULT '{}';
ALTER TABLE runs ADD COLUMN live TEXT NOT NULL DEFAULT '{}';
ALTER TABLE runs ADD COLUMN skip TEXT;
ALTER TABLE runs ADD COLUMN pack TEXT;
ALTER TABLE runs ADD COLUMN pack_version TEXT;
ALTER TABLE runs ADD COLUMN n_items INTEGER;
ALTER TABLE runs ADD COLUMN n_done INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN worked_s REAL NOT NULL DEFAULT 0;
-- Its worker went without a word: `aa-tui runs start` takes such a run up again.
ALTER TABLE runs ADD COLUMN interrupted INTEGER NOT NULL DEFAULT 0;

-- Every turn of a run's life, with time and reason.
CREATE TABLE run_events (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  at TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT
);
CREATE INDEX run_events_run ON run_events(run_id);

-- One sample is one item answered once; each is written in a transaction of its own. Long texts are compressed:
-- a text is TEXT as it is, a BLOB is zlib's of its UTF-8.
CREATE TABLE eval_samples (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  item_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  position INTEGER NOT NULL,
  category TEXT NOT NULL,
  level INTEGER,
  finish_reason TEXT NOT NULL,
  prompt BLOB NOT NULL,
  thinking BLOB NOT NULL,
  answer BLOB NOT NULL,
  message TEXT NOT NULL DEFAULT '',
  n_prompt INTEGER NOT NULL,
  n_cached INTEGER NOT NULL,
  n_thinking INTEGER NOT NULL,
  n_answer INTEGER NOT NULL,
  n_thinking_chars INTEGER NOT NULL,
  n_answer_chars INTEGER NOT NULL,
  queued_s REAL,
  ttft_s REAL,
  ttfat_s REAL,
  e2e_s REAL,
  output_tps REAL,
  seed INTEGER NOT NULL,
  ended_at TEXT NOT NULL,
  UNIQUE (run_id, item_id, epoch)
);

-- Verdicts; the newest of a sample counts, older ones of other graders' versions stay.
CREATE TABLE sample_scores (
  id INTEGER PRIMARY KEY,
  sample_id INTEGER NOT NULL REFERENCES eval_samples(id) ON DELETE CASCADE,
  grader TEXT NOT NULL,
  outcome TEXT NOT NULL,
  extracted TEXT,
  detail TEXT NOT NULL DEFAULT '',
  jail TEXT,
  parts TEXT NOT NULL DEFAULT '[]',
  graded_at TEXT NOT NULL,
  UNIQUE (sample_id, grader)
);

-- What a sample would have answered if its thinking had been closed after so many tokens; outcome NULL until graded.
CREATE TABLE budget_probes (
  sample_id INTEGER NOT NULL REFERENCES eval_samples(id) ON DELETE CASCADE,
  budget_tokens INTEGER NOT NULL,
  answer TEXT NOT NULL,
  n_tokens INTEGER NOT NULL,
  outcome TEXT,
  extracted TEXT,
  grader TEXT,
  PRIMARY KEY (sample_id, budget_tokens)
) WITHOUT ROWID;

-- What each slot is writing now; gone when the run has ended.
CREATE TABLE live_slots (
  run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  slot INTEGER NOT NULL,
  item_id TEXT NOT NULL,
  phase TEXT NOT NULL,
  n_tokens INTEGER NOT NULL,
  tokens_per_s REAL,
  thinking TEXT NOT NULL,
  answer TEXT NOT NULL,
  PRIMARY KEY (run_id, slot)
) WITHOUT ROWID;

-- The machine's state while a run goes on; NULL is what the machine does not say.
CREATE TABLE machine_samples (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  at TEXT NOT NULL,
  load_1m REAL,
  own_cpu_share REAL,
  frequency_mhz REAL,
  temperature_c REAL,
  power_w REAL,
  gpu_temperature_c REAL,
  gpu_power_w REAL,
  on_mains INTEGER,
  battery_percent REAL,
  throttled INTEGER,
  rss_bytes INTEGER
);
CREATE INDEX machine_samples_run ON machine_samples(run_id);

-- How many slots a file is fastest with, by machine, file and settings.
CREATE TABLE slot_probes (
  fingerprint TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  settings_key TEXT NOT NULL,
  best INTEGER NOT NULL,
  rates TEXT NOT NULL,
  measured_at TEXT NOT NULL,
  PRIMARY KEY (fingerprint, sha256, settings_key)
) WITHOUT ROWID;

ALTER TABLE measurements ADD COLUMN interval_low REAL;
ALTER TABLE measurements ADD COLUMN interval_high REAL;
ALTER TABLE measurements ADD COLUMN interval_method TEXT;
ALTER TABLE measurements ADD COLUMN pack_version TEXT;

DROP VIEW measured_here_now;
CREATE VIEW measured_here_now AS
SELECT model_id, metric, value, unit, stdev, n, interval_low, interval_high, interval_method, pack_version,
  run_id, file_id
FROM (
  SELECT m.*, f.model_id, row_number() OVER (PARTITION BY f.model_id, m.metric ORDER BY m.run_id DESC) AS age
  FROM measurements m JOIN gguf_files f ON f.id = m.file_id
  WHERE m.run_id IS NOT NULL AND f.model_id IS NOT NULL
) WHERE age = 1;

-- Samples with the verdict that counts, pleasant to query.
CREATE VIEW samples_now AS
SELECT s.id, s.run_id, s.item_id, s.epoch, s.position, s.category, s.level, s.finish_reason, g.outcome, g.extracted,
  g.detail, g.grader, g.jail, s.n_prompt, s.n_cached, s.n_thinking, s.n_answer, s.ttft_s, s.ttfat_s, s.e2e_s,
  s.output_tps, s.ended_at
FROM eval_samples s LEFT JOIN sample_scores g ON g.id = (
  SELECT max(id) FROM sample_scores WHERE sample_id = s.id
);
