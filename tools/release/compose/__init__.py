"""
Releases of services that run on hosts, where Docker Compose runs them: what a release does differently there.

The host's side is `modules/compose_host`. A revision is an image, by digest. A parameter of Systems Manager says which
one runs; hosts read it when they start, and when a command of Systems Manager tells them to.
"""
