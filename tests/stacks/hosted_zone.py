"""A hosted zone for stacks that are applied to local AWS with one."""

import json

from tools.project import Stack


def make_zone(stack: Stack, zone_id: str, name: str = "demo.paythru.com") -> None:
    """Let the stack make the zone that its settings name: AWS gives zones their ids, so none can be there."""
    path = stack.directory / "cdk.tf.json"
    document = json.loads(path.read_text().replace(zone_id, "${aws_route53_zone.zone.zone_id}"))
    document["resource"]["aws_route53_zone"] = {"zone": {"name": name, "force_destroy": True}}
    path.write_text(json.dumps(document))
