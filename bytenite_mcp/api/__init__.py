"""What ByteNite says: its records, filters, errors, and the one client that asks."""
