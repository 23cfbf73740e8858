"""llama.cpp through the low-level API of llama-cpp-python. Lives in a worker process, never in the app."""
