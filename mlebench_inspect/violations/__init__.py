"""Was a result earned? Questions about a sample's conduct, a filter and a judge that answer them, and their verdicts."""
