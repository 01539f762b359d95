"""When what costs by the hour runs: the times of a week, and what is off outside of them."""
