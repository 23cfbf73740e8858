"""Documents in answers: JSON, CSV, YAML and Markdown tables, found among words and read strictly."""
