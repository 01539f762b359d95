"""How what runs changes: who may change it, blue/green, and what a release reads."""
