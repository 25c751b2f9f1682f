"""Serving over stdio: what each line says, which answers are owed, and how it ends."""
