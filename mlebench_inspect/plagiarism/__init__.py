"""Is an agent's code a copy? Its similarity to public notebooks, as the published benchmark measures it."""
