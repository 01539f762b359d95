"""Redis or Valkey on ElastiCache, for what may be lost: a cache, and sessions."""
