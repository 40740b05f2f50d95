"""A watch: reads what is new, keeps it in a store, and says what rises."""
