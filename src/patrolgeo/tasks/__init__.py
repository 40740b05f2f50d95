"""What is to be done where: tasks with ids, what comes back of them, and the shares by area and shift."""
