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
