"""Charts in shapes: bars, dots and lines as SVG, with text that stays text and nothing that is fetched or run."""
