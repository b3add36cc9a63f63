"""From segments to delivered lists: what is declared, how a list looks, how it is sent once."""
