"""Queues with servers that are told apart by where they stand, and with servers that are all alike: arrays only."""
