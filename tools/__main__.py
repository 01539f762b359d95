"""`python -m tools`, which the Pipfile names `infra`."""

from tools.cli import main

main()
