"""What keeps a resource from being destroyed, before AWS is asked."""

from cdktf import TerraformResourceLifecycle


def keep_unless(disposable: bool) -> TerraformResourceLifecycle | None:
    """
    Let a plan that would destroy or replace the resource fail as a whole.

    AWS's own protection comes too late: everything that is not protected is gone by the time that it refuses.
    """
    return None if disposable else TerraformResourceLifecycle(prevent_destroy=True)
