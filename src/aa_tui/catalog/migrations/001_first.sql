CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE creators (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

-- Weights. The reasoning modes in which they are offered are its variants.
CREATE TABLE models (
  id INTEGER PRIMARY KEY,
  creator_id INTEGER NOT NULL REFERENCES creators(id),
  name TEXT NOT NULL,
  weights_url TEXT,
  UNIQUE (creator_id, name, weights_url)
);

-- Where published facts and figures come from.
CREATE TABLE sources (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  as_of TEXT NOT NULL,
  index_version TEXT NOT NULL DEFAULT '',
  UNIQUE (name, url, as_of, index_version)
);

-- A model in one mode: what has a page and a line on the leaderboard.
CREATE TABLE variants (
  id INTEGER PRIMARY KEY,
  model_id INTEGER NOT NULL REFERENCES models(id),
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  reasoning INTEGER NOT NULL CHECK (reasoning IN (0, 1)),
  open_weights INTEGER NOT NULL CHECK (open_weights IN (0, 1)),
  release_date TEXT,
  total_params_b REAL,
  active_params_b REAL,
  context_tokens INTEGER,
  input_modalities TEXT NOT NULL DEFAULT '',
  output_modalities TEXT NOT NULL DEFAULT '',
  license TEXT,
  -- Known from a file on this machine only: it has a page, but is no member of a published class.
  is_local INTEGER NOT NULL DEFAULT 0 CHECK (is_local IN (0, 1)),
  source_id INTEGER REFERENCES sources(id)
);
CREATE INDEX variants_model ON variants(model_id);

-- What an API provider asks for a variant, USD per million tokens.
CREATE TABLE offers (
  id INTEGER PRIMARY KEY,
  variant_id INTEGER NOT NULL REFERENCES variants(id),
  provider TEXT NOT NULL,
  price_in_usd_per_m REAL,
  price_out_usd_per_m REAL,
  context_tokens INTEGER,
  source_id INTEGER NOT NULL REFERENCES sources(id),
  UNIQUE (variant_id, provider, source_id)
);

CREATE TABLE gguf_files (
  id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  quant TEXT,
  architecture TEXT,
  n_params INTEGER,
  context_tokens INTEGER,
  name TEXT,
  metadata TEXT NOT NULL DEFAULT '{}',
  model_id INTEGER REFERENCES models(id)
);
CREATE INDEX gguf_files_model ON gguf_files(model_id);
CREATE INDEX gguf_files_path ON gguf_files(path);

CREATE TABLE machines (
  id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  cpu TEXT NOT NULL,
  cores_physical INTEGER,
  cores_logical INTEGER,
  memory_bytes INTEGER,
  os TEXT NOT NULL,
  arch TEXT NOT NULL
);

-- One worker, one model, one run. `control` is how anyone asks the worker for something.
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  file_id INTEGER NOT NULL REFERENCES gguf_files(id),
  machine_id INTEGER REFERENCES machines(id),
  settings TEXT NOT NULL DEFAULT '{}',
  engine TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL,
  started_at TEXT,
  ended_at TEXT,
  heartbeat_at TEXT,
  pid INTEGER,
  pid_started_at REAL,
  control TEXT,
  progress REAL NOT NULL DEFAULT 0,
  progress_text TEXT NOT NULL DEFAULT '',
  load_s REAL,
  peak_memory_bytes INTEGER,
  log_path TEXT
);

-- Every repetition as clocked, warm-ups too; each is written in a transaction of its own.
CREATE TABLE speed_samples (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  test TEXT NOT NULL,
  repetition INTEGER NOT NULL,
  warmup INTEGER NOT NULL CHECK (warmup IN (0, 1)),
  n_prompt INTEGER NOT NULL,
  n_gen INTEGER NOT NULL,
  seconds REAL NOT NULL,
  tokens_per_s REAL NOT NULL,
  ttft_s REAL,
  e2e_s REAL,
  output_tps REAL,
  started_at TEXT NOT NULL,
  UNIQUE (run_id, test, repetition, warmup)
);

-- Every figure there is: about a variant as published, or about a file as measured in a run.
CREATE TABLE measurements (
  id INTEGER PRIMARY KEY,
  variant_id INTEGER REFERENCES variants(id),
  file_id INTEGER REFERENCES gguf_files(id),
  metric TEXT NOT NULL,
  value REAL NOT NULL,
  unit TEXT NOT NULL,
  stdev REAL,
  n INTEGER,
  is_estimate INTEGER NOT NULL DEFAULT 0 CHECK (is_estimate IN (0, 1)),
  source_id INTEGER REFERENCES sources(id),
  run_id INTEGER REFERENCES runs(id) ON DELETE CASCADE,
  created_at TEXT NOT NULL,
  CHECK ((source_id IS NULL) <> (run_id IS NULL)),
  CHECK ((variant_id IS NULL) <> (file_id IS NULL))
);
CREATE UNIQUE INDEX measurements_published ON measurements(variant_id, metric, source_id) WHERE source_id IS NOT NULL;
CREATE UNIQUE INDEX measurements_local ON measurements(run_id, file_id, metric) WHERE run_id IS NOT NULL;
CREATE INDEX measurements_file ON measurements(file_id, metric);

-- The newest published figure of each kind; the older ones stay as history.
CREATE VIEW published_now AS
SELECT variant_id, metric, value, unit, is_estimate, source_id FROM (
  SELECT m.*, row_number() OVER (PARTITION BY m.variant_id, m.metric ORDER BY s.as_of DESC, m.id DESC) AS age
  FROM measurements m JOIN sources s ON s.id = m.source_id
) WHERE age = 1;

-- The same for local figures, by model: the newest run counts.
CREATE VIEW measured_here_now AS
SELECT model_id, metric, value, unit, stdev, n, run_id, file_id FROM (
  SELECT m.*, f.model_id, row_number() OVER (PARTITION BY f.model_id, m.metric ORDER BY m.run_id DESC) AS age
  FROM measurements m JOIN gguf_files f ON f.id = m.file_id
  WHERE m.run_id IS NOT NULL AND f.model_id IS NOT NULL
) WHERE age = 1;

-- The leaderboard, made from the tables above whenever they change: a flat table sorts and filters at once.
CREATE TABLE leaderboard (
  id INTEGER PRIMARY KEY REFERENCES variants(id) ON DELETE CASCADE,
  model_id INTEGER NOT NULL,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  creator TEXT NOT NULL,
  release_date TEXT,
  reasoning INTEGER NOT NULL,
  open_weights INTEGER NOT NULL,
  total_params_b REAL,
  active_params_b REAL,
  context_tokens INTEGER,
  input_modalities TEXT NOT NULL,
  output_modalities TEXT NOT NULL,
  license TEXT,
  weights_url TEXT,
  intelligence_index REAL,
  index_version TEXT,
  index_is_estimate INTEGER NOT NULL DEFAULT 0,
  index_output_tokens_m REAL,
  reasoning_tokens_m REAL,
  answer_tokens_m REAL,
  price_in_usd_per_m REAL,
  price_out_usd_per_m REAL,
  blended_price_usd_per_m REAL,
  output_tps REAL,
  ttft_s REAL,
  ttfat_s REAL,
  e2e_s REAL,
  cost_to_run_usd REAL,
  cost_input_usd REAL,
  cost_reasoning_usd REAL,
  cost_answer_usd REAL,
  openness_index REAL,
  as_of TEXT,
  source_name TEXT,
  source_url TEXT,
  is_local INTEGER NOT NULL DEFAULT 0,
  here_pp_tps REAL,
  here_tg_tps REAL
);
CREATE INDEX leaderboard_index ON leaderboard(intelligence_index);
CREATE INDEX leaderboard_model ON leaderboard(model_id);

CREATE VIRTUAL TABLE variants_fts USING fts5(
  name, creator, slug, license, content='leaderboard', content_rowid='id', tokenize='trigram'
);
CREATE TRIGGER leaderboard_ai AFTER INSERT ON leaderboard BEGIN
  INSERT INTO variants_fts(rowid, name, creator, slug, license)
  VALUES (new.id, new.name, new.creator, new.slug, new.license);
END;
CREATE TRIGGER leaderboard_ad AFTER DELETE ON leaderboard BEGIN
  INSERT INTO variants_fts(variants_fts, rowid, name, creator, slug, license)
  VALUES ('delete', old.id, old.name, old.creator, old.slug, old.license);
END;
