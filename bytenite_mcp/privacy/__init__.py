"""Redaction: withholds secrets, and makes untrusted text safe to show."""
