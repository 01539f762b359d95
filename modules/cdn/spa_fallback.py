"""How a single-page application gets its own addresses: a path that is no file is answered with its one page."""

from cdktf_cdktf_provider_aws.cloudfront_function import CloudfrontFunction
from constructs import Construct

from modules.names import physical_name

SOURCE = """\
// The page routes by itself: a path whose last part has no extension is one of its addresses, not a file.
// What is below /.well-known/ belongs to others (RFC 8615), and has no extension either.
function handler(event) {
  const request = event.request;
  const last = request.uri.slice(request.uri.lastIndexOf('/') + 1);
  if (!last.includes('.') && !request.uri.startsWith('/.well-known/')) {
    request.uri = '/index.html';
  }
  return request;
}
"""
"""
Runs on viewer requests of one cache behavior. A `custom_error_response` would hold for the whole distribution, and turn
the backend's 404 into the page with status 200.
"""


class SpaFallback(Construct):
    """
    The CloudFront Function that rewrites `/machines/7` to `/index.html`, and leaves `/assets/app.js` alone.

    A missing file stays a 404. An address whose last part has a dot, such as `/users/j.doe`, is taken for a file.
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
