"""Functions on text, without files and models: tokens, words, stems, lexicons."""
