"""The ARNs of what a release touches, written out of names (docs.aws.amazon.com/service-authorization)."""

from dataclasses import dataclass

from modules.deployment.deployable import Deployable


@dataclass(frozen=True, kw_only=True)
class Arns:
    """Writes ARNs of one account and region."""

    account_id: str
    region: str

    def of(self, service: str, resource: str) -> str:
        """Write the ARN of a resource, `cluster/name` for example."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def cluster(self, one: Deployable) -> str:
        """Write the ARN of the service's cluster."""
        return self.of("ecs", f"cluster/{one.cluster_name}")

    def service(self, one: Deployable) -> str:
        """Write the ARN of the service."""
        return self.of("ecs", f"service/{one.cluster_name}/{one.service_name}")

    def tasks(self, one: Deployable) -> str:
        """Write the pattern for all tasks in the service's cluster."""
        return self.of("ecs", f"task/{one.cluster_name}/*")

    def revisions(self, one: Deployable) -> str:
        """
        Write the pattern for all revisions of the family.

        The family alone does not match since 2024, even for a call that names none (aws/aws-cdk#30390).
        """
        return self.of("ecs", f"task-definition/{one.family}:*")
