"""How fast a model runs on this machine: llama-bench's protocol and single-request workloads."""
