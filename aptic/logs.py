"""What never stands in a log: a pass’s code or an application’s link, which some addresses carry. Both are keys."""

import logging
import re

_CODE_IN_PATH = re.compile(r"(/(?:p|passes|candidature/lien)/)[^/?\s\"']+(?:/[0-9A-Za-z]{60,})?", re.IGNORECASE)


class HideCodes(logging.Filter):
    """Replace the code of every address in a record's message, before anybody formats it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record, without its codes."""
        text = record.getMessage()
        hidden = _CODE_IN_PATH.sub(r"\1…", text)
        if hidden != text:
            record.msg, record.args = hidden, ()
        return True
