"""The policy of scripts that run beside a page: it is the answer's own, not the page's.

Compiling WebAssembly needs a word in the policy. The pages that show and take money do not get it: only the worker that
reads squares does, and it may load nothing but what we serve.
"""

import re
from wsgiref.headers import Headers

# `reader-worker.js`, also under its name of content.
_COMPILES = re.compile(r"/reader-worker(\.[0-9a-f]+)?\.js$")
POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"


def add_headers(headers: Headers, path: str, url: str) -> None:
    """WhiteNoise asks for each static file it serves."""
    if _COMPILES.search(url):
        headers["Content-Security-Policy"] = POLICY
