"""The public entrance of a static site: CloudFront before a private bucket, and before a backend on some paths."""
