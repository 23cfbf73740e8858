"""Items that are conversations: what the model is told, what it calls, and what comes back, turn by turn."""
