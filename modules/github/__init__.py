"""The roles of the pipelines on GitHub."""
