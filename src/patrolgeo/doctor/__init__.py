"""What this machine has and lacks: findings with how to mend them, and a test that plans a small town in memory."""
