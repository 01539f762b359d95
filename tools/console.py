"""Where `infra` writes: results to standard output, progress and errors to standard error."""

from rich.console import Console

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)
