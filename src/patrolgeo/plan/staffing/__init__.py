"""How many units at which hour, who works when, what a dated event takes from the rest."""
