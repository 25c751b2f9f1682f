"""Answers about jobs, made from ByteNite's records and the table."""
