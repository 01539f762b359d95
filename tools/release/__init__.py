"""
`infra release`, `rollback` and `status`: what changes what runs, after Terraform built what it runs on.

All of it works from the services' release manifests, the JSON documents that a stack publishes in Systems Manager.
"""
