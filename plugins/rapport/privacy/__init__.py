"""What persons may ask for: to see what is held about them, to take it along, and to be forgotten."""
