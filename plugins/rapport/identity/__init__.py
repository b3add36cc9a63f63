"""Identity: which source records are one person, and the id that person keeps."""

from rapport.identity.assignment import assign

__all__ = ["assign"]
