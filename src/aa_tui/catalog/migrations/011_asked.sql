-- What is asked in runs of the kind "ask", a prompt a turn. What is answered to a turn is the run's sample whose item is
-- the turn's number. A prompt is kept as samples' texts are.
CREATE TABLE asked (
  run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  turn INTEGER NOT NULL,
  prompt BLOB NOT NULL,
  asked_at TEXT NOT NULL,
  PRIMARY KEY (run_id, turn)
) WITHOUT ROWID;
