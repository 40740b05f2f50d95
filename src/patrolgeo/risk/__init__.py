"""How much next: expected incidents by cell and period."""
