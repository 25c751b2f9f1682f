"""Serving over HTTP: who may call, how much at once, and whether it is well."""
