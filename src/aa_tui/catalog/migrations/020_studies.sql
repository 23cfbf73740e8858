-- What a study has found so far, a piece at a time: a block of text, a depth, a setting. `facts` is JSON of the study's own.
CREATE TABLE study_points (
  run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  part TEXT NOT NULL,
  number INTEGER NOT NULL,
  facts TEXT NOT NULL,
  made_at TEXT NOT NULL,
  PRIMARY KEY (run_id, part, number)
) WITHOUT ROWID;
