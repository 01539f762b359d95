"""The registry: repositories, tags and what is kept."""
