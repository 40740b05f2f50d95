"""What was really patrolled: minutes and visits by place, held against the plan; never by officer."""
