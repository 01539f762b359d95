"""What the parts share that hold data: names, windows, last snapshots, who may connect."""
