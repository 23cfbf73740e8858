"""Charts as data, and the one place that draws them. The app and the shell show the same drawing."""
