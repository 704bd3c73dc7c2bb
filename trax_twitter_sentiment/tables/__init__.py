"""Other people's files: their rows, columns and labels."""
