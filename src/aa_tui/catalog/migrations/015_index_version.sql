-- The newest published figure of each kind; the older ones stay as history. What depends on the version of the index is
-- of the one version that is shown, so that two are never taken for one.
DROP VIEW published_now;
CREATE VIEW published_now AS
SELECT variant_id, metric, value, unit, is_estimate, source_id FROM (
  SELECT m.*, row_number() OVER (PARTITION BY m.variant_id, m.metric ORDER BY s.as_of DESC, m.id DESC) AS age
  FROM measurements m JOIN sources s ON s.id = m.source_id
  WHERE m.metric NOT IN (
    'intelligence_index', 'index_output_tokens_m', 'reasoning_tokens_m', 'answer_tokens_m',
    'cost_to_run_usd', 'cost_input_usd', 'cost_reasoning_usd', 'cost_answer_usd'
  ) OR s.index_version = coalesce((SELECT value FROM meta WHERE key = 'index_version_shown'), '')
) WHERE age = 1;
