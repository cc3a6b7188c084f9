"""One event is one line of the log, whatever a target or a person has written into what it tells of."""

import logging

MOST_BYTES = 12_000  # less than dashboard.console takes for one line
_KEPT_AT_THE_END = 4_000  # the end of a long one says what went wrong
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


class OneLineFormatter(logging.Formatter):
    """Writes line breaks, also of tracebacks, and everything else that is not seen as what it is: \\n, \\u202e."""

    def format(self, record: logging.LogRecord) -> str:
        return one_line(super().format(record))


def one_line(text: str) -> str:
    """The text on one line of bounded length, in which nothing moves a cursor or turns the reading direction."""
    line = text if text.isprintable() else "".join(map(_legible, text))
    whole = line.encode("utf-8", "replace")
    if len(whole) <= MOST_BYTES:
        return line
    begin, end = whole[: MOST_BYTES - _KEPT_AT_THE_END], whole[-_KEPT_AT_THE_END:]
    return f"{begin.decode(errors='ignore')} … {end.decode(errors='ignore')}"


def _legible(letter: str) -> str:
    if letter.isprintable():
        return letter
    number = ord(letter)
    return _SHORT.get(letter) or (f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}")
