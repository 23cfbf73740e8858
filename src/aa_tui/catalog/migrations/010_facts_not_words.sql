-- Why a run has ended, which was told by its reason's words only: items, aim, time, user, system or failure; NULL while
-- it has not. And whether an interval holds at any stopping time, which was told by its method's words only: fixed or
-- any-time. `endings.py` reads those words once more, for what earlier versions noted.
ALTER TABLE runs ADD COLUMN ended_by TEXT;
ALTER TABLE measurements ADD COLUMN interval_kind TEXT;
