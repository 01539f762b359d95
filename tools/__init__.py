"""
Everything that happens around Terraform: the `infra` command.

This room works from the synthesized Terraform JSON alone, so it never imports `stacks`, `modules` or `envs`.
"""
