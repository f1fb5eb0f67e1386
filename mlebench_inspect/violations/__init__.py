"""Was a result earned? Questions about a sample's conduct, what answers them, and verdicts."""
