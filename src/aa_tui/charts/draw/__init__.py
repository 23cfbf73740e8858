"""Charts as lines of characters: bars, panels, dots and lines, drawn with plotext where that helps."""
