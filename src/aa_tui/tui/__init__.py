"""The terminal app. Nothing here is imported before it is known that there is a terminal to draw on."""
