"""The speed protocol for models behind servers: prompts of a length, concurrency, arrivals. Knows no HTTP."""
