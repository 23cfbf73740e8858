-- The newest index made here: of the bundled local index, else of its quick part. 0 to 100.
ALTER TABLE leaderboard ADD COLUMN here_index REAL;
DROP INDEX leaderboard_here;
CREATE INDEX leaderboard_here ON leaderboard(id)
  WHERE here_tg_tps IS NOT NULL OR here_pp_tps IS NOT NULL OR here_index IS NOT NULL;
