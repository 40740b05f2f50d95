"""Routes and stops that keep every shift, window and gap, drawn so that nobody can foresee them; streets to drive."""
