-- How busy the machine is while a run works: shares from 0 to 1, the GPUs' memory in bytes. NULL is what it does not say.
-- And whether the speeds made here that the leaderboard shows say more about the machine's other work than about the file.

ALTER TABLE machine_samples ADD COLUMN busy_share REAL;
ALTER TABLE machine_samples ADD COLUMN gpu_busy_share REAL;
ALTER TABLE machine_samples ADD COLUMN gpu_memory_bytes INTEGER;

ALTER TABLE leaderboard ADD COLUMN here_unreliable INTEGER;
