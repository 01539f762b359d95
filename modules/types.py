"""
The types of settings that several parts share, each with the rule's source.

The description of a type is what a message about a mistake says is allowed.
"""

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from modules.settings import mistake

AccountId = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{12}$"), Field(description="an AWS account id of 12 digits")
]
"""A string, because an account id may begin with 0."""

Region = Annotated[
    str,
    StringConstraints(pattern=r"^(af|ap|ca|eu|il|me|mx|sa|us)-(north|south)?(east|west|central|north|south)-[1-9]$"),
    Field(description="the code of an AWS region, such as us-east-1"),
]
"""The other partitions, China and GovCloud, have other ARNs and endpoints, which nothing here was tried with."""

ProviderVersion = Annotated[
    str,
    StringConstraints(pattern=r"^(5\.1[0-9]{2}|[6-9])(\.[0-9]+){1,2}$"),
    Field(description="an exact version of hashicorp/aws from 5.100.0 on, such as 6.33.0"),
]
"""5.100.0 is the oldest version that the JSON is applied with in the tests."""

BucketName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"),
    Field(description="3 to 63 lower-case letters, digits and hyphens"),
]
"""S3's rules for bucket names, less the dots, which break TLS: docs.aws.amazon.com/AmazonS3, "Bucket naming rules"."""


def _check_names_one_image(tag: str) -> str:
    if tag == "latest":
        raise mistake("must name one image, such as a commit SHA: latest could be any")
    return tag


ImageTag = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"),
    AfterValidator(_check_names_one_image),
    Field(description="an image tag of at most 128 letters, digits, _, . and -"),
]
"""The grammar of a tag in the OCI distribution specification, less the tag that moves by custom."""

Percent = Annotated[int, Field(ge=1, le=100)]

DomainName = Annotated[
    str,
    StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", max_length=253),
    Field(description="a domain name in lower case, without a closing dot"),
]

CertificateArn = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws(-[a-z]+)*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]{36}$"),
    Field(description="the ARN of a certificate in ACM, arn:aws:acm:<region>:<account>:certificate/<id>"),
]

UrlPath = Annotated[
    str,
    StringConstraints(pattern=r"^/[A-Za-z0-9/._~!$&'()*+,;=:@%?-]*$", max_length=1024),
    Field(description="a path that begins with /, of at most 1024 characters"),
]
"""ELBv2 CreateTargetGroup, HealthCheckPath."""


def _check_network(cidr: str) -> str:
    try:
        IPv4Network(cidr)
    except ValueError:
        raise mistake("must be an IPv4 network whose host bits are 0, such as 10.0.0.0/16") from None
    return cidr


Cidr = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9.]+/[0-9]+$"),
    AfterValidator(_check_network),
    Field(description="an IPv4 network, such as 10.0.0.0/16"),
]

HostedZoneId = Annotated[
    str,
    StringConstraints(pattern=r"^Z[A-Z0-9]{5,31}$"),
    Field(description="the id of a Route 53 hosted zone, Z and 5 to 31 capital letters and digits"),
]

LogRetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""The periods that CloudWatch Logs knows (PutRetentionPolicy)."""


def _check_recovery_window(days: int) -> int:
    if days != 0 and not 7 <= days <= 30:
        raise mistake("must be 0 (deleted at once, for disposable environments) or between 7 and 30")
    return days


SecretRecoveryDays = Annotated[int, AfterValidator(_check_recovery_window)]
"""How long a deleted secret can be restored; its name stays taken that long (Secrets Manager DeleteSecret)."""


_RESERVED_TAGS = {"Stack", "ManagedBy"}
_MOST_TAGS = 50 - len(_RESERVED_TAGS)


def _check_tags(tags: dict[str, str]) -> dict[str, str]:
    for key in tags:
        if key in _RESERVED_TAGS or key.lower().startswith("aws:"):
            raise mistake(f"must not contain {key!r}: aws:… is AWS's, Stack and ManagedBy are set for every resource")
    return tags


_TAG_CHARACTERS = r"^[A-Za-z0-9 _.:/=+@-]*$"

Tags = Annotated[
    dict[
        Annotated[
            str,
            StringConstraints(pattern=_TAG_CHARACTERS, min_length=1, max_length=128),
            Field(description="1 to 128 letters, digits, spaces and _.:/=+@-"),
        ],
        Annotated[
            str,
            StringConstraints(pattern=_TAG_CHARACTERS, max_length=256),
            Field(description="at most 256 letters, digits, spaces and _.:/=+@-"),
        ],
    ],
    Field(max_length=_MOST_TAGS, description=f"a dictionary of at most {_MOST_TAGS} tags"),
    AfterValidator(_check_tags),
]
"""docs.aws.amazon.com/tag-editor, "Tag naming limits and requirements"."""
