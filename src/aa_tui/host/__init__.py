"""What machine this is, what it has free, and what this process took of it."""
