"""What of a site a scan takes in. Wapiti's own process reads it too, and so it imports nothing of Vedette."""


def covers(base: str, how: str, url: str) -> bool:
    """Tell whether an address is part of what is scanned from `base`, which has no query.

    `page` is that address with any query, `directory` what lies in it but in no subdirectory, `folder` all that
    begins with it.
    """
    path = url.partition("?")[0]
    if how == "page":
        return path == base
    if how == "directory":
        return path.startswith(base) and "/" not in path.removeprefix(base)
    return url.startswith(base)
