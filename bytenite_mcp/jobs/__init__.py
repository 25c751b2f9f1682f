"""What we make of it: true answers from records, and nothing secret in them."""
