-- For people who query the catalog with SQL or look at it with Datasette: one flat row for each thing, with names instead
-- of numbers, sources beside figures, and no compressed texts. Bounds of the classes are those of `analysis/classes.py`.
CREATE VIEW model_figures AS
SELECT l.slug, l.name, l.creator,
  CASE WHEN instr(l.untold, 'open_weights') THEN NULL WHEN l.open_weights THEN 'yes' ELSE 'no' END AS open_weights,
  CASE WHEN instr(l.untold, 'reasoning') THEN NULL WHEN l.reasoning THEN 'yes' ELSE 'no' END AS reasoning,
  CASE WHEN NOT l.open_weights OR coalesce(l.total_params_b, 0) <= 0 THEN NULL WHEN l.total_params_b <= 4.5 THEN 'tiny'
    WHEN l.total_params_b <= 40 THEN 'small' WHEN l.total_params_b <= 150 THEN 'medium' ELSE 'large' END AS size_class,
  CASE WHEN coalesce(l.blended_price_usd_per_m, 0) <= 0 THEN NULL WHEN l.blended_price_usd_per_m <= 0.149999 THEN 'price_low'
    WHEN l.blended_price_usd_per_m <= 1.000001 THEN 'price_mid' ELSE 'price_high' END AS price_class,
  l.intelligence_index, l.index_version, CASE WHEN l.index_is_estimate THEN 'yes' ELSE 'no' END AS index_is_estimate,
  l.total_params_b, l.active_params_b, l.context_tokens, l.license, l.release_date, l.input_modalities,
  l.output_modalities, l.index_output_tokens_m, l.reasoning_tokens_m, l.answer_tokens_m, l.price_in_usd_per_m,
  l.price_out_usd_per_m, l.blended_price_usd_per_m, l.output_tps, l.ttft_s, l.ttfat_s, l.e2e_s, l.cost_to_run_usd,
  l.openness_index, l.here_pp_tps, l.here_tg_tps, l.here_index, l.source_name, l.source_url, l.as_of, l.weights_url
FROM leaderboard l;

-- Every newest published figure by itself, with its own source; so are those that have no column of the leaderboard.
CREATE VIEW published_figures AS
SELECT v.slug, v.name, p.metric, p.value, p.unit, CASE WHEN p.is_estimate THEN 'yes' ELSE 'no' END AS is_estimate,
  s.name AS source_name, s.as_of, nullif(s.index_version, '') AS index_version, s.url AS source_url
FROM published_now p JOIN variants v ON v.id = p.variant_id JOIN sources s ON s.id = p.source_id;

CREATE VIEW provider_offers AS
SELECT v.slug, v.name, o.provider, o.price_in_usd_per_m, o.price_out_usd_per_m, o.context_tokens,
  s.name AS source_name, s.as_of, s.url AS source_url
FROM offers o JOIN variants v ON v.id = o.variant_id JOIN sources s ON s.id = o.source_id;

-- Runs with what they are of and on; `origin` other than 'here' is another machine's or another program's.
CREATE VIEW run_list AS
SELECT r.id, r.kind, r.state, m.name AS model, f.quant, CASE WHEN f.kind = 'served' THEN 'server' ELSE 'file' END AS what,
  r.pack, r.pack_version, r.n_items, r.n_done, h.cpu AS processor, r.origin, r.created_at, r.ended_at,
  r.worked_s, r.peak_memory_bytes, f.size_bytes AS file_bytes, f.sha256
FROM runs r JOIN gguf_files f ON f.id = r.file_id LEFT JOIN models m ON m.id = f.model_id
  LEFT JOIN machines h ON h.id = r.machine_id;

-- What was measured, with its spread or interval; published figures are in the views above, never beside these.
CREATE VIEW measured_figures AS
SELECT x.run_id, r.kind, m.name AS model, f.quant, CASE WHEN f.kind = 'served' THEN 'server' ELSE 'file' END AS what,
  x.metric, x.value, x.unit, x.stdev, x.n, x.interval_low, x.interval_high, x.interval_method, x.pack_version,
  h.cpu AS processor, r.origin, r.state, r.ended_at
FROM measurements x JOIN runs r ON r.id = x.run_id JOIN gguf_files f ON f.id = x.file_id
  LEFT JOIN models m ON m.id = f.model_id LEFT JOIN machines h ON h.id = r.machine_id;
