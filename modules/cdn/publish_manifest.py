"""The publish manifest: one JSON document a site, which is all that `infra publish` reads."""

import json
from typing import Annotated

from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct
from pydantic import Field

from modules.settings import Settings

SCHEMA = 1
"""The version of the document: raised when a reader of the old one would misread the new one."""


class PublishSettings(Settings):
    """What publishing does beside sending files."""

    keep_replaced_days: Annotated[int, Field(ge=0, le=365)] = 7
    """How long files stay that a build no longer has and whose names may hold a hash: pages that are open load some of
    them later. 0: they go with the build that does not have them."""


class PublishManifest(Construct):
    """The document in Systems Manager, at `/<stack>/publish/site`."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stack: str,
        account_id: str,
        region: str,
        bucket_name: str,
        distribution_id: str,
        url: str,
        settings: PublishSettings,
    ) -> None:
        """
        Publish the document.

        :param stack: the name of the stack, as the operator types it
        :param region: the bucket's
        :param url: where visitors find the page
        """
        super().__init__(scope, id_)
        document = {
            "schema": SCHEMA,
            "stack": stack,
            "account_id": account_id,
            "region": region,
            "bucket": bucket_name,
            "distribution_id": distribution_id,
            "url": url,
        }
        parameter = SsmParameter(
            self,
            "parameter",
            name=f"/{stack}/publish/site",
            description="What publishing the site needs to know",
            type="String",
            tier="Standard",
            # A plan shows it: there is no secret in it.
            insecure_value=json.dumps(document | settings.model_dump(), separators=(",", ":")),
        )
        self.parameter_name: str = parameter.name
        self.parameter_arn: str = parameter.arn
        self.json: str = parameter.insecure_value
        """The same document, for an output."""
