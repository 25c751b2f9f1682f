"""ByteNite's API: its records, filters and errors, and the client that calls it.

A statement about the API carries a mark of its source: [D] ByteNite's documentation, [R] a real answer, [U] its
web console, [C] client code that ran against it, [I] inferred.
"""
