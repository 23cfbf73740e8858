"""The schema, as migrations. A migration that has landed is never edited: a change is a new one below it.

Each ends by setting `PRAGMA user_version`, so that opening a catalog can tell from one number, without importing
sqlite-utils, whether anything is to be done.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

migrations = Migrations("aa_tui")

_FIRST = """
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
"""


def _run_script(db: Database, script: str, version: int) -> None:
    """Statement by statement: `executescript` would commit the surrounding transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(statement):
            db.conn.execute(statement)
            statement = ""
    db.conn.execute(f"PRAGMA user_version = {version}")


@migrations()
def m001_first(db: Database) -> None:
    """Everything that the first release holds."""
    _run_script(db, _FIRST, 1)


_BEST_FIRST = """
DROP INDEX leaderboard_index;

-- The leaderboard's default order with all that its tabs and common filters look at: nothing is sorted and no row
-- is read to list it. Measured at 100,000 models: 25 ms instead of 120.
CREATE INDEX leaderboard_best ON leaderboard(
  intelligence_index DESC, name COLLATE NOCASE, id, model_id, creator, open_weights, reasoning, total_params_b,
  blended_price_usd_per_m
);
-- The few models that were measured here: counted in the first line at every start.
CREATE INDEX leaderboard_here ON leaderboard(id) WHERE here_tg_tps IS NOT NULL OR here_pp_tps IS NOT NULL;
"""


@migrations()
def m002_best_first(db: Database) -> None:
    """The index of the leaderboard's default order."""
    _run_script(db, _BEST_FIRST, 2)


_FILES_HERE = """
-- Folders that the user wants looked through for GGUF files, besides the usual places.
CREATE TABLE file_folders (path TEXT PRIMARY KEY, added_at TEXT NOT NULL) WITHOUT ROWID;

-- What lies on this machine, by path: `gguf_files` holds contents, each once. `sha256` is computed here, and
-- `stated_sha256` what `stated_by` (an address, or the place's own naming) says that it is; `summary` is the
-- header's digest as JSON, so that no header is read twice.
CREATE TABLE seen_files (
  path TEXT PRIMARY KEY,
  size_bytes INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  sha256 TEXT,
  stated_sha256 TEXT,
  stated_by TEXT,
  summary TEXT NOT NULL DEFAULT '{}',
  model_id INTEGER REFERENCES models(id),
  seen_at TEXT NOT NULL
);
CREATE INDEX seen_files_model ON seen_files(model_id);

-- How fast a machine reads its memory, all cores together; the newest measurement.
CREATE TABLE memory_bandwidth (
  fingerprint TEXT PRIMARY KEY,
  bytes_per_s REAL NOT NULL,
  n_threads INTEGER NOT NULL,
  measured_at TEXT NOT NULL
) WITHOUT ROWID;
"""


@migrations()
def m003_files_here(db: Database) -> None:
    """The library of files, and the machine's memory bandwidth."""
    _run_script(db, _FILES_HERE, 3)


_EVALUATIONS = """
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
"""


@migrations()
def m004_evaluations(db: Database) -> None:
    """Evaluations: samples, verdicts, the live view, and a run's identity and life."""
    _run_script(db, _EVALUATIONS, 4)


_ELSEWHERE = """
-- Speeds that were measured on other machines and imported: never shown as measured here. `entry` is the whole
-- record as its program wrote it, and `digest` (sha256) keeps it from being imported twice.
CREATE TABLE speed_elsewhere (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  model_id INTEGER REFERENCES models(id),
  test TEXT NOT NULL,
  tokens_per_s REAL NOT NULL,
  stdev REAL,
  n INTEGER,
  program TEXT NOT NULL,
  build TEXT NOT NULL,
  cpu TEXT NOT NULL,
  gpu TEXT NOT NULL,
  backends TEXT NOT NULL,
  n_threads INTEGER,
  n_gpu_layers INTEGER,
  model_file TEXT NOT NULL,
  model_type TEXT NOT NULL,
  n_params INTEGER,
  measured_at TEXT NOT NULL,
  imported_at TEXT NOT NULL,
  entry TEXT NOT NULL
);
CREATE INDEX speed_elsewhere_model ON speed_elsewhere(model_id);
"""


@migrations()
def m005_speed_elsewhere(db: Database) -> None:
    """Speeds measured on other machines."""
    _run_script(db, _ELSEWHERE, 5)


_HERE_INDEX = """
-- The newest index made here: of the bundled local index, else of its quick part. 0 to 100.
ALTER TABLE leaderboard ADD COLUMN here_index REAL;
DROP INDEX leaderboard_here;
CREATE INDEX leaderboard_here ON leaderboard(id)
  WHERE here_tg_tps IS NOT NULL OR here_pp_tps IS NOT NULL OR here_index IS NOT NULL;
"""


@migrations()
def m006_here_index(db: Database) -> None:
    """The index made here as a column of the leaderboard."""
    _run_script(db, _HERE_INDEX, 6)
