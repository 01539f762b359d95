"""A web service with all that belongs to it: what a stack has one of for each of its services."""
