"""The graders: each takes an item and the text after the thinking and says what became of the answer."""
