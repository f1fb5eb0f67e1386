"""A result that others can check: one file with all that a figure rests on, and the command that checks it."""
