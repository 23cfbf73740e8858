"""What every screen knows: its host, its commands, the catalog, what is remembered."""
