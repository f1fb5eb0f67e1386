"""GPUs of this host's Docker engine: which there are, and the lease by which each running sample has its own."""
