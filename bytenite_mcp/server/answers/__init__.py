"""What each tool answers, in words and members a model reads; the words name tools, which no room below does."""
