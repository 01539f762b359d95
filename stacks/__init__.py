"""The systems: one module a system, its `Settings` class and its `Stack` class. Wiring, not logic."""
