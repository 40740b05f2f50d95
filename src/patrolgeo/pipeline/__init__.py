"""A TOML file in, everything together out; a run loads only the part that it needs."""
