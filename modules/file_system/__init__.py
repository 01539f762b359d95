"""Files that outlive tasks: a file system on EFS, and the doors into it."""
