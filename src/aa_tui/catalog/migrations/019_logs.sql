-- What the log of another program tells of a sample that our own do not need: the keys, as a list in JSON, and the
-- question apart from what was put around it, by which it is known in other logs (digest of its text; NULL for none).
CREATE TABLE log_samples (
  sample_id INTEGER PRIMARY KEY REFERENCES eval_samples(id) ON DELETE CASCADE,
  targets TEXT NOT NULL DEFAULT '[]',
  question BLOB NOT NULL DEFAULT '',
  question_digest TEXT,
  prompt_digest TEXT,
  score REAL
) WITHOUT ROWID;
