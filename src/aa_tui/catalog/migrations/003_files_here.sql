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
