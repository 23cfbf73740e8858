"""What every screen is made of: tables, lines, forms, dialogs."""
