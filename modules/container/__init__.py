"""A container and what runs in it, whether Fargate starts it or Docker Compose does."""
