-- How llama.cpp works on this machine, found out by trying, once for each build, processor and driver. `stamp` tells
-- size and age of the build's files, so that they are not hashed each time; `mode` is NULL where no way works.
CREATE TABLE engine_trials (
  build TEXT NOT NULL,
  processor TEXT NOT NULL,
  driver TEXT NOT NULL,
  stamp TEXT NOT NULL,
  mode TEXT,
  tried TEXT NOT NULL,
  engine TEXT NOT NULL,
  tried_at TEXT NOT NULL,
  PRIMARY KEY (build, processor, driver)
) WITHOUT ROWID;

-- How a run's worker died, as JSON: signal, phase, log_path, last_lines.
ALTER TABLE runs ADD COLUMN crash TEXT;

-- Files that crashed a build of llama.cpp: not loaded with it again unasked.
CREATE TABLE file_crashes (
  file_id INTEGER NOT NULL REFERENCES gguf_files(id) ON DELETE CASCADE,
  build TEXT NOT NULL,
  run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  signal TEXT NOT NULL,
  phase TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (file_id, build)
) WITHOUT ROWID;
