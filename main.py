"""The map: one line an environment. `cdktf` runs this file and finds the Terraform JSON in `cdktf.out`."""

import lazy_bindings  # noqa: F401 makes the imports below cheap

from cdktf import App

from stacks.aldeia import AldeiaStack
from stacks.edgemind import EdgeMindStack
from stacks.habit_tracker import HabitTrackerStack
from stacks.isms import IsmsStack
from stacks.loading import loading_environments
from stacks.nocomelon import NoComelonStack

with loading_environments():
    from envs import aldeia_production, aldeia_staging, dev, edgemind, habit_tracker, production, staging

app = App()

NoComelonStack(app, "dev", settings=dev.SETTINGS)
IsmsStack(app, "staging", settings=staging.SETTINGS)
IsmsStack(app, "production", settings=production.SETTINGS)
EdgeMindStack(app, "edgemind", settings=edgemind.SETTINGS)
HabitTrackerStack(app, "habit-tracker", settings=habit_tracker.SETTINGS)
AldeiaStack(app, "aldeia-staging", settings=aldeia_staging.SETTINGS)
AldeiaStack(app, "aldeia-production", settings=aldeia_production.SETTINGS)

app.synth()
