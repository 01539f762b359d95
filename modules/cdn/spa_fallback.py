"""How a single-page application gets its own addresses: a path that is no file is answered with its one page."""

from cdktf_cdktf_provider_aws.cloudfront_function import CloudfrontFunction
from constructs import Construct

from modules.names import physical_name

SOURCE = """\
// The page routes by itself: a path whose last part has no extension is one of its addresses, not a file.
const file = /\\.[\\w-]+$/;
// What is below /.well-known/ belongs to others (RFC 8615), and has no extension either.
const wellKnown = /^\\/\\.well-known\\/[\\w/-]*[\\w-]$/;

function handler(event) {
  const request = event.request;
  if (!file.test(request.uri) && !wellKnown.test(request.uri)) {
    request.uri = '/index.html';
  }
  return request;
}
"""
"""
Runs on viewer requests of one cache behavior. A `custom_error_response` would hold for the whole distribution, and turn
the backend's 404 into the page with status 200.

No path that it passes ends in a dot segment or a slash, however they are encoded. CloudFront sends the origin the path
as the viewer wrote it (CloudFront, "Cache behavior settings", "Path normalization"), and one that stands for `/` would
ask S3 for a list of the files.
"""


class SpaFallback(Construct):
    """
    The CloudFront Function that rewrites `/machines/7` to `/index.html`, and leaves `/assets/app.js` alone.

    A missing file stays a 404. An address that looks like a file, such as `/users/j.doe`, is taken for one.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str) -> None:
        """
        Make the function.

        :param name: the function's name, unique in the account; cut when it is too long
        """
        super().__init__(scope, id_)
        function = CloudfrontFunction(
            self,
            "function",
            name=physical_name("cloudfront_function", name),
            comment="Answers the addresses of the single-page application with its page",
            runtime="cloudfront-js-2.0",
            code=SOURCE,
            publish=True,
        )
        self.arn: str = function.arn
