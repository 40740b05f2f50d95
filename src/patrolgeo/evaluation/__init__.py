"""How well was it said, did it work, who bore it? Metrics, backtests, comparison, impact, equity."""
