"""
Blue/green deployments of ECS services, played on local AWS as CodeDeploy's documents and ECS's tutorial describe them.

Moto has CodeDeploy's API and ministack has the services, their load balancers and their tasks. Both live in one
process, so that a deployment is a thread that moves from one step to the next.
"""
