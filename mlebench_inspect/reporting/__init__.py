"""From Inspect logs to tables, comparisons and grading reports; and grading of files without Inspect."""
