"""Hold what the tests of the house run on: readers of source, pages and checkers' output."""
