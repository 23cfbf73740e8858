-- Whose fault a failure is and which, such as "model: argument": NULL where its grader does not tell.
ALTER TABLE sample_scores ADD COLUMN fault TEXT;

-- The turns of items that are conversations, each written as it ends: a sample that was cut short is taken up from
-- them. `calls` and `given` are JSON: what was read as calls, and the messages that the model was given next.
-- `calls_from` says who read them: "text", here, or "server". `shows_tools` is NULL where nobody can tell.
-- Long texts are compressed as those of eval_samples are.
CREATE TABLE sample_turns (
  run_id INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  item_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  number INTEGER NOT NULL,
  finish_reason TEXT NOT NULL,
  thinking BLOB NOT NULL,
  answer BLOB NOT NULL,
  raw BLOB NOT NULL,
  calls TEXT NOT NULL DEFAULT '[]',
  calls_from TEXT NOT NULL DEFAULT 'text',
  unread TEXT NOT NULL DEFAULT '[]',
  given TEXT NOT NULL DEFAULT '[]',
  shows_tools INTEGER,
  is_over INTEGER NOT NULL DEFAULT 0,
  is_capped INTEGER NOT NULL DEFAULT 0,
  message TEXT NOT NULL DEFAULT '',
  n_prompt INTEGER NOT NULL,
  n_cached INTEGER NOT NULL,
  n_thinking INTEGER NOT NULL,
  n_answer INTEGER NOT NULL,
  ttft_s REAL,
  ttfat_s REAL,
  e2e_s REAL,
  output_tps REAL,
  ended_at TEXT NOT NULL,
  PRIMARY KEY (run_id, item_id, epoch, number)
) WITHOUT ROWID;

DROP VIEW samples_now;
CREATE VIEW samples_now AS
SELECT s.id, s.run_id, s.item_id, s.epoch, s.position, s.category, s.level, s.finish_reason, g.outcome, g.extracted,
  g.detail, g.grader, g.jail, s.n_prompt, s.n_cached, s.n_thinking, s.n_answer, s.ttft_s, s.ttfat_s, s.e2e_s,
  s.output_tps, s.ended_at, l.label, s.server, s.cost_usd, g.fault
FROM eval_samples s LEFT JOIN sample_scores g ON g.id = (
  SELECT max(id) FROM sample_scores WHERE sample_id = s.id
) LEFT JOIN sample_labels l ON l.sample_id = s.id;
