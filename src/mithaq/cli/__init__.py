"""The command line: thin; every command asks a node, or reads files, and says what came of it."""
