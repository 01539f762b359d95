"""The security scan: checkov over the Terraform JSON, and one list of what is accepted."""
