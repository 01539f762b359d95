"""
`infra publish`: the files of a static site, put before its visitors without a moment at which the page is broken.

It works from the site's publish manifest, a JSON document that the stack publishes in Systems Manager.
"""
