"""What the user has set once and for all: `config.toml`, and the variables of the environment that come before it."""
