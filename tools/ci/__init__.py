"""
What the pipelines in `.github/workflows` need beside Terraform and a release: images, plans and comments.

`infra images` is for people too. `infra ci` is for the pipelines; it runs anywhere, and tells GitHub what it found out
where GitHub asks for it (`tools.ci.github`).
"""

from tools.ci.command import ci_app, images_app

__all__ = ["ci_app", "images_app"]
