"""What others publish of models, fetched when it is asked for: whose is it, and what does it say."""
