"""A model's page: everything on it, put together once for the app, the shell and JSON."""
