"""Serving over HTTP: authentication, admission, cancellation and health."""
