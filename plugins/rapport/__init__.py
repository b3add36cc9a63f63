"""Rapport: one history per customer, who is loyal and why, and lists that are safe to send."""
