"""PostgreSQL on one instance of RDS."""
