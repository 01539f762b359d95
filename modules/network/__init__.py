"""The network: VPC, subnets and the ways in and out."""
