"""Charts, on a page and on the whole screen."""
