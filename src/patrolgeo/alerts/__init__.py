"""What is rising? Detectors and kinds of warning."""
