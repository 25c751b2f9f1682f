"""All jobs of an account in a DuckDB table: their fields, filters, reading them, and queries."""
