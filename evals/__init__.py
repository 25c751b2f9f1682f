"""Asks a model that sees only the tools plain questions, and scores its answers."""
