"""What studies found, as values that every face draws."""
