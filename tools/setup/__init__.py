"""
What `make setup` installs: Python packages, Node, the cdktf command line, Terraform and checkov.

It runs before those packages exist, so this package imports nothing but the standard library and `tools.errors`.
Everything lands inside the project, in `.venv`, `node_modules` and `.cache`; deleting these three undoes it all.
"""
