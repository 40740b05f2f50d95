"""What may leave the house: masking and suppression."""
