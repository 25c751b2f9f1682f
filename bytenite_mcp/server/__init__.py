"""What a model sees: tools, resources, and the words of every answer."""
