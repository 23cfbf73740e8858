"""Models behind HTTP: servers that speak OpenAI's protocol, asked as llama.cpp is asked in process."""
