"""How well does a model know a competition already? Log-probabilities of its text, or questions on its facts."""
