"""Serving over stdio: parsing lines, tracking requests in flight, and shutting down."""
