"""The one thing that a release may tell a host to do, as a document of Systems Manager."""

import json

from cdktf_cdktf_provider_aws.ssm_document import SsmDocument
from constructs import Construct

from modules.names import physical_name

_TIMEOUT_S = 24 * 3600
"""As long as a migration may take; without it an hour (User Guide, "Command document plugin reference"). When to stop
waiting says the release."""

_PARAMETERS: dict[str, dict[str, object]] = {
    "Action": {
        "type": "String",
        "description": "Start what the parameters say, run a service's migration command, or say what runs",
        "allowedValues": ["up", "migrate", "look"],
    },
    "Service": {
        "type": "String",
        "description": "The service, as the Compose file calls it",
        "allowedPattern": "^[a-z][a-z0-9-]{0,62}$",
    },
    "Image": {
        "type": "String",
        "description": "The image to run the migration command of, by digest",
        "default": "",
        "allowedPattern": r"^([0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/[a-z0-9._/-]+@sha256:[0-9a-f]{64})?$",
    },
}


def document_content() -> str:
    """
    Write the document.

    Systems Manager puts the parameters into a line for the shell as they are (User Guide, "Data elements and
    parameters"), so each has a pattern that leaves the shell nothing to interpret.
    """
    words = " ".join(f"{{{{ {name} }}}}" for name in _PARAMETERS)
    step = {
        "name": "composeHost",
        "action": "aws:runShellScript",
        "inputs": {"timeoutSeconds": str(_TIMEOUT_S), "runCommand": [f"/usr/local/sbin/compose-host {words}"]},
    }
    return json.dumps(
        {
            "schemaVersion": "2.2",
            "description": "Tells the hosts to start, to migrate or to look at a service",
            "parameters": _PARAMETERS,
            "mainSteps": [step],
        }
    )


class CommandDocument(Construct):
    """`<stack>-compose-host`. Whoever may send this document, and no other, runs no command but this one."""

    def __init__(self, scope: Construct, id_: str, *, stack: str) -> None:
        super().__init__(scope, id_)
        self.document = SsmDocument(
            self,
            "document",
            name=physical_name("command_document", stack, "compose-host"),
            document_type="Command",
            document_format="JSON",
            target_type="/AWS::EC2::Instance",
            content=document_content(),
        )
        self.name: str = self.document.name
        self.arn: str = self.document.arn
