"""Which image runs where Terraform rolls it out (`deploy_mode` "terraform"): docs/decisions/0003-first-image.md."""

from cdktf import Fn, ITerraformDependable, Op, TerraformLocal, TerraformVariable, Token
from cdktf_cdktf_provider_aws.data_aws_ssm_parameters_by_path import DataAwsSsmParametersByPath
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from modules.fargate.counts import count_when


class DeployedImage(Construct):
    """
    The image that a variable asks for, else the one that was deployed last, else none yet.

    The other deploy modes need none of this: there a release says which image runs, and an apply waits for nothing.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        path: str,
        repository_url: str,
        default_tag: str | None,
        variable: str = "image_tag",
    ) -> None:
        """
        Make the variable, and look up what was deployed last.

        :param path: of parameters of Systems Manager, this image's alone: `/<stack>/deployed/<service>`. A literal, so
            that every plan knows the tag
        :param default_tag: what the variable is when nobody sets it; None: the image that was deployed last
        :param variable: the Terraform variable's name, as it is typed after `--var`
        """
        super().__init__(scope, id_)
        self._parameter = f"{path}/image-tag"
        self.variable: str = variable
        remembered = DataAwsSsmParametersByPath(self, "remembered", path=path, with_decryption=False)
        asked = _declare_variable(self, variable, default_tag)
        # The provider calls every parameter's value sensitive, which would hide the container from the plan.
        last = f"nonsensitive(data.aws_ssm_parameters_by_path.{remembered.friendly_unique_id}.values[0])"
        tag = TerraformLocal(self, "tag", f'${{try(coalesce({asked.fqn}, try({last}, "")), "")}}')
        self._tag: str = tag.as_string
        self.exists: str = f'{tag.fqn} != ""'
        """A Terraform condition: before the first image nothing can run, and a service would never be steady."""
        # In a local of its own, because quotes would not survive inside the JSON of the container definitions.
        reference = Fn.join(":", Token.as_list(Fn.compact([repository_url, tag.as_string])))
        self.image: str = TerraformLocal(self, "image", reference).as_string
        """The reference for the task; of the repository alone before the first image."""

    def remember_after(self, service: ITerraformDependable) -> None:
        """Write down the tag once the service is steady, so that a deployment that failed is not remembered."""
        SsmParameter(
            self,
            "parameter",
            name=self._parameter,
            description="The image that was deployed last",
            type="String",
            insecure_value=self._tag,
            count=count_when(self.exists, 1),
            depends_on=[service],
        )


def _declare_variable(scope: Construct, name: str, default: str | None) -> TerraformVariable:
    variable = TerraformVariable(
        scope,
        "variable",
        type="string",
        default="" if default is None else default,
        description="Which image of the repository runs; empty: the one deployed last, none before the first.",
    )
    # Operators type the name, so it must not say where in the tree the variable stands.
    variable.override_logical_id(name)
    variable.add_validation(
        condition=Fn.can(Fn.regex("^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$", variable.string_value)),
        error_message=f"{name} must be an image tag of at most 128 letters, digits, _, . and -.",
    )
    variable.add_validation(
        condition=Op.neq(variable.string_value, "latest"),
        error_message=f"{name} must name one image, such as a commit SHA: latest could be any.",
    )
    return variable
