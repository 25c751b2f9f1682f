"""Every job at hand: what its fields are, what a filter on them means, and a table to ask."""
