"""What users upload, and who may read it."""
