"""How much next? Forecasts of recorded incidents by cell and period."""
