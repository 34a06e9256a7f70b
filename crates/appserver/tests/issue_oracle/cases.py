"""All cases, by their names."""

import cases_login
import cases_refresh
import cases_requests
import cases_sliding
import cases_verify

MODULES = (cases_login, cases_requests, cases_refresh, cases_verify, cases_sliding)
PREFIXES = ("obtain", "request", "refresh", "verify", "blacklist", "sliding")


def chosen(wanted):
    """Those of these names, or all."""
    found = [
        member
        for module in MODULES
        for name, member in vars(module).items()
        if name.partition("_")[0] in PREFIXES and callable(member)
    ]
    return [case for case in found if not wanted or case.__name__ in wanted]
