-- What a person says of a sample's answer, the last thing said of each. `grader` and `outcome` are of the verdict that
-- counted then; `blind` whether it was hidden until the person had decided.
CREATE TABLE sample_labels (
  sample_id INTEGER PRIMARY KEY REFERENCES eval_samples(id) ON DELETE CASCADE,
  label TEXT NOT NULL CHECK (label IN ('right', 'wrong', 'unclear')),
  note TEXT NOT NULL DEFAULT '',
  grader TEXT,
  outcome TEXT,
  blind INTEGER NOT NULL CHECK (blind IN (0, 1)),
  labelled_at TEXT NOT NULL
);

-- Samples with the verdict that counts and a person's label, pleasant to query.
DROP VIEW samples_now;
CREATE VIEW samples_now AS
SELECT s.id, s.run_id, s.item_id, s.epoch, s.position, s.category, s.level, s.finish_reason, g.outcome, g.extracted,
  g.detail, g.grader, g.jail, s.n_prompt, s.n_cached, s.n_thinking, s.n_answer, s.ttft_s, s.ttfat_s, s.e2e_s,
  s.output_tps, s.ended_at, l.label
FROM eval_samples s LEFT JOIN sample_scores g ON g.id = (
  SELECT max(id) FROM sample_scores WHERE sample_id = s.id
) LEFT JOIN sample_labels l ON l.sample_id = s.id;
