"""Plain questions for a model that sees nothing but the tools, and how well it answered them."""
