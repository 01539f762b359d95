"""
Hosts that run services with Docker Compose, played on local AWS: what `modules/compose_host` puts on an EC2 instance.

Nothing is executed. A host is an instance of ministack's EC2 that remembers which image each service would run; it
reads the same parameters of Systems Manager as the real one, at the same moments.
"""
