"""What is round the screens: which there are, the first and the last line, help, palette, themes."""
