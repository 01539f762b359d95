"""Hosts on EC2 that run with Docker Compose what Fargate runs otherwise."""
