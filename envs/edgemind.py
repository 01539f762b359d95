"""`cdktf deploy edgemind`: EdgeMind, without a domain of its own: CloudFront's name serves."""

from stacks.edgemind_settings import EdgeMindBackendSettings, EdgeMindSettings

SETTINGS = EdgeMindSettings(
    account_id="956880242582",
    region="us-east-1",
    aws_provider_version="6.33.0",
    backend=EdgeMindBackendSettings(image_tag="edgemind"),
)
