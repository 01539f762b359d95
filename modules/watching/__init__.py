"""What is watched: alarms, dashboard and budget."""
