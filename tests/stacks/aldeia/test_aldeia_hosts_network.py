"""Aldeia's stacks on machines: who reaches whom, and what the machines' role may do."""

from tests.stacks.aldeia.sample_aldeia import compose_file, rights, rules
from tests.stacks.isms.sample_isms import ref
from tests.support import Synthesized


class TestNetwork:
    """Who reaches the machines, and whom they reach."""

    def group(self, stack: Synthesized) -> str:
        """The machines' security group."""
        return ref(stack, "aws_security_group", "id", "hosts_")

    def test_in(self, on_hosts: Synthesized) -> None:
        """The load balancer, on the two published ports."""
        balancer = ref(on_hosts, "aws_security_group", "id", "load_balancer_")

        assert [(balancer, 3001, 3001), (balancer, 3002, 3002)] == rules(on_hosts, "ingress", self.group(on_hosts))

    def test_load_balancer_gets_out(self, on_hosts: Synthesized) -> None:
        """To them, and nowhere else."""
        balancer = ref(on_hosts, "aws_security_group", "id", "load_balancer_")
        group = self.group(on_hosts)

        assert [(group, 3001, 3001), (group, 3002, 3002)] == rules(on_hosts, "egress", balancer)

    def test_out(self, staging: Synthesized) -> None:
        """AWS, Ubuntu's archive, and the database."""
        assert sorted([("0.0.0.0/0", 443, 443), ("0.0.0.0/0", 80, 80), ("10.0.0.0/16", 5432, 5432)]) == (
            rules(staging, "egress", self.group(staging))
        )

    def test_chromadb_lets_in_the_machines(self, several_hosts: Synthesized) -> None:
        """With several it is they who call, and nobody else."""
        chromadb = ref(several_hosts, "aws_security_group", "id", "chromadb_network_group_")

        assert [(self.group(several_hosts), 8000, 8000)] == rules(several_hosts, "ingress", chromadb)
        assert (chromadb, 8000, 8000) in rules(several_hosts, "egress", self.group(several_hosts))

    def test_zones(self, staging: Synthesized, several_hosts: Synthesized) -> None:
        """One machine is in the zone of its data, several are in both."""
        counts = [
            len(stack.resource("aws_autoscaling_group")["vpc_zone_identifier"]) for stack in (staging, several_hosts)
        ]

        assert [1, 2] == counts

    def test_waits(self, on_hosts: Synthesized) -> None:
        """A machine that starts before its parameters, its rights or its way out fails."""
        needed = " ".join(on_hosts.resource("aws_autoscaling_group")["depends_on"])
        parts = (
            "aws_ssm_parameter.hosts_parameters_file_",
            "aws_ssm_parameter.hosts_parameters_agent_",
            "aws_iam_role_policy.hosts_role_policy_",
            "aws_cloudwatch_log_group.hosts_logs_",
            "aws_route.network_nat_default_a_",
            "egress_rule.hosts_network_to_443_",
            "egress_rule.hosts_network_to_80_",
        )

        assert [] == [part for part in parts if part not in needed]


class TestRights:
    """What the role of the machines may do."""

    START = "hosts_role_permissions"

    def expected(self, stack: Synthesized, account: str, domain: str) -> dict[str, list[str]]:
        """What it is without a volume."""
        log = [f"{ref(stack, 'aws_cloudwatch_log_group', 'arn', 'hosts_')}:*"]
        objects = [f"{ref(stack, 'aws_s3_bucket', 'arn', 'backups_')}/*"]
        identity = [f"arn:aws:ses:us-east-1:{account}:identity/{domain}"]
        repositories = sorted(ref(stack, "aws_ecr_repository", "arn", f"{one}_") for one in ("backend", "frontend"))
        found: dict[str, list[str]] = {
            "ssm:UpdateInstanceInformation": [f"arn:aws:ec2:us-east-1:{account}:instance/*"],
            "logs:CreateLogStream": log,
            "logs:DescribeLogStreams": log,
            "logs:PutLogEvents": log,
            "secretsmanager:GetSecretValue": [ref(stack, "aws_secretsmanager_secret", "arn")],
            "s3:GetObject": objects,
            "s3:PutObject": objects,
            "ses:SendEmail": identity,
            "ses:SendRawEmail": identity,
            "ssm:GetParameter": sorted(
                f"${{aws_ssm_parameter.{i}.arn}}"
                for i in stack.resources("aws_ssm_parameter")
                if i.startswith("hosts_parameters_")
            ),
        }
        found |= dict.fromkeys(("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage"), repositories)
        found |= {"ecr:GetDownloadUrlForLayer": repositories}
        messages = ("AcknowledgeMessage", "DeleteMessage", "FailMessage", "GetEndpoint", "GetMessages", "SendReply")
        anywhere = [
            *(f"ec2messages:{one}" for one in messages),
            *(f"ssmmessages:{verb}{kind}Channel" for verb in ("Create", "Open") for kind in ("Control", "Data")),
            "cloudwatch:PutMetricData",
            "ec2:DescribeTags",
            "ecr:GetAuthorizationToken",
        ]
        return found | {action: ["*"] for action in anywhere}

    def test_several(self, several_hosts: Synthesized) -> None:
        """All of it: sessions and commands, logs and metrics, images, parameters, the secret, and the backend's own."""
        assert self.expected(several_hosts, "641918319442", "aldeia.com") == rights(several_hosts, self.START)

    def test_one(self, staging: Synthesized) -> None:
        """And to attach the data volume, to a member of the group."""
        volume = [ref(staging, "aws_ebs_volume", "arn"), "arn:aws:ec2:us-east-1:956880242582:instance/*"]

        assert self.expected(staging, "956880242582", "staging.aldeia.com") | {"ec2:AttachVolume": sorted(volume)} == (
            rights(staging, self.START)
        )

    def test_writes_no_parameter(self, on_hosts: Synthesized) -> None:
        """What runs says the release, never the machine."""
        assert [] == [one for one in rights(on_hosts, self.START) if one.startswith("ssm:Put")]

    def test_only_the_backend_gets_through(self, on_hosts: Synthesized) -> None:
        """The machine's credentials are for containers with an address of their own: those that have permissions."""
        services = compose_file(on_hosts)["services"]

        assert ["backend"] == [name for name, one in services.items() if "ipv4_address" in one["networks"]["default"]]

    def test_no_design_managed_policies(self, on_hosts: Synthesized) -> None:
        """AmazonSSMManagedInstanceCore and its sister allow all parameters and all metrics."""
        assert {} == on_hosts.resources("aws_iam_role_policy_attachment")
