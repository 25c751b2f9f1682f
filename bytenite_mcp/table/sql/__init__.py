"""Untrusted SQL: checked by its parse tree, run within bounds, and explained."""
