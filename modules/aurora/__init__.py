"""Aurora Serverless v2 for PostgreSQL."""
