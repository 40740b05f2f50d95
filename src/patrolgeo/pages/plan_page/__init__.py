"""The plan as one HTML page that opens without internet."""
