"""Where data lies, and how it gets there: store, download, preparation."""
