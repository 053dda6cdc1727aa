"""What never stands in a log: what opens something by itself and stands in an address, as a pass’s code or a link does.

`tests/test_consistency.py` finds every such address.
"""

import logging
import re

_SECRET_BEHIND = "|".join(
    (
        "p", "passes", "candidature/lien", "appareil", "invitation",
        "compte/confirm-email", "compte/password/reset/key",
    )
)  # fmt: skip
_CODE_IN_PATH = re.compile(rf"(/(?:{_SECRET_BEHIND})/)[^/?\s\"']+(?:/[0-9A-Za-z]{{60,}})?", re.IGNORECASE)


class HideCodes(logging.Filter):
    """Replace the code of every address in a record's message, before anybody formats it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record, without its codes."""
        text = record.getMessage()
        hidden = _CODE_IN_PATH.sub(r"\1…", text)
        if hidden != text:
            record.msg, record.args = hidden, ()
        return True
