"""What the shell prints: a page and its parts in words."""
