"""The world into tidy tables, and the ledger of what happened to every row."""
