"""Before a field trial: how much it could see, which places are treated, and what is promised."""
