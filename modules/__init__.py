"""
The parts: one module a logical part, its `Settings` class beside its `Construct`.

A part may use the parts below it, never a stack, an environment or a tool.
"""
