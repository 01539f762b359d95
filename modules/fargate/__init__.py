"""What runs: cluster, tasks and services on Fargate."""
