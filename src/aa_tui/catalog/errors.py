"""What goes wrong with the catalog as a whole."""

from aa_tui.errors import AATuiError


class CatalogError(AATuiError):
    """The catalog cannot be used. The text is one sentence for the user."""


class CatalogGoneError(CatalogError):
    """The file that was open is no longer at its path: deleted, moved, or another lies there."""
