"""What a plan will feel like on the street: workloads, waits and minutes until somebody is there."""
