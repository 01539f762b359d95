"""Measurements for `make bench`. They print numbers and are never tests: a busy machine must not fail a build."""
