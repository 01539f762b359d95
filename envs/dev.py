"""`cdktf deploy dev`: NoComelon's development environment."""

from stacks.nocomelon import NoComelonSettings

SETTINGS = NoComelonSettings(
    account_id="956880242582",
    region="us-east-1",
    aws_provider_version="6.33.0",
    disposable=True,
    cpu=512,
    memory_mib=1024,
)
