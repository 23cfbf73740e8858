-- Each time that a source was asked and said something that the catalog did not know yet. `counts` is JSON: what came.
CREATE TABLE syncs (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  url TEXT NOT NULL,
  began_at TEXT NOT NULL,
  ended_at TEXT NOT NULL,
  index_version TEXT NOT NULL DEFAULT '',
  counts TEXT NOT NULL DEFAULT '{}',
  undone_at TEXT
);
CREATE INDEX syncs_source ON syncs(source);

-- Two syncs of one day are two sources of the same name, so that the key needs the sync; and what is restricted (a user's
-- own key, terms that forbid handing on) is left out of what is exported unless the user says so.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE sources_before AS SELECT * FROM sources;
DROP TABLE sources;
CREATE TABLE sources (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  as_of TEXT NOT NULL,
  index_version TEXT NOT NULL DEFAULT '',
  is_restricted INTEGER NOT NULL DEFAULT 0 CHECK (is_restricted IN (0, 1)),
  sync_id INTEGER REFERENCES syncs(id)
);
INSERT INTO sources (id, name, url, as_of, index_version) SELECT id, name, url, as_of, index_version FROM sources_before;
DROP TABLE sources_before;
CREATE UNIQUE INDEX sources_key ON sources(name, url, as_of, index_version, coalesce(sync_id, 0));
CREATE INDEX sources_sync ON sources(sync_id) WHERE sync_id IS NOT NULL;
CREATE INDEX measurements_source ON measurements(source_id) WHERE source_id IS NOT NULL;
CREATE INDEX offers_source ON offers(source_id);

-- Which sync has added a variant, and which has told whether its weights are open. `untold` names the columns, with
-- commas between them, whose value no source has told: "reasoning", "open_weights".
ALTER TABLE variants ADD COLUMN sync_id INTEGER REFERENCES syncs(id);
ALTER TABLE variants ADD COLUMN openness_sync_id INTEGER REFERENCES syncs(id);
ALTER TABLE variants ADD COLUMN untold TEXT NOT NULL DEFAULT '';
ALTER TABLE leaderboard ADD COLUMN untold TEXT NOT NULL DEFAULT '';
-- The project's own table tells everything.
CREATE TRIGGER variants_told AFTER UPDATE OF source_id ON variants
WHEN new.untold <> '' AND (SELECT sync_id FROM sources WHERE id = new.source_id) IS NULL BEGIN
  UPDATE variants SET untold = '' WHERE id = new.id;
END;
