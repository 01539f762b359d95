"""The public entrance: load balancer, domain and certificate, and the routes to the services."""
