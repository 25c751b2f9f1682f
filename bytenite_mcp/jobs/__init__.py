"""What we make of it: true answers from records."""
