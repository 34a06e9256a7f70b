"""Which views of a Django project look at no token, and where they are.

Those are simplejwt's own, which give tokens out, and other views of Django REST framework without
authentication classes. Needs Django; what needs more is asked only where it is there.
"""

import re
import sys

# A regular expression that matches one text only, or the beginning of one.
PLAIN = re.compile(r"[A-Za-z0-9_/-]*")


def open_views():
    """Give the paths of such views, and the patterns of those whose paths vary."""
    if "rest_framework.views" not in sys.modules and "rest_framework" not in _installed():
        return [], []
    from django.urls import Resolver404, get_resolver

    resolver = get_resolver()
    paths, patterns = [], []
    for text, is_plain, callback in _walk(resolver, "/", True):
        if not looks_at_none(callback):
            continue
        if not is_plain:
            patterns.append(text)
            continue
        try:
            found = resolver.resolve(text).func
        except Resolver404:
            continue
        # A pattern before it may take its path.
        if found is callback:
            paths.append(text)
    return paths, patterns


def _installed():
    from django.conf import settings

    return settings.INSTALLED_APPS


def _walk(resolver, before, is_plain):
    """Give text, whether that is the path itself, and view of each pattern."""
    for each in resolver.url_patterns:
        text, fits = _literal(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from _walk(each, before + text, is_plain and fits)
        else:
            yield before + text, is_plain and fits, each.callback


def _literal(pattern):
    """Give the text of a pattern, and whether it matches nothing else."""
    from django.urls.resolvers import RegexPattern, RoutePattern

    if type(pattern) is RoutePattern:
        text = str(pattern)
        return text, "<" not in text
    text = str(pattern)
    if type(pattern) is RegexPattern:
        bare = text.removeprefix("^")
        # That of an include goes on; that of a view has an end.
        bare = bare.removesuffix("$") if pattern._is_endpoint else bare
        ends = text.endswith("$") or not pattern._is_endpoint
        if text.startswith("^") and ends and PLAIN.fullmatch(bare):
            return bare, True
    return text, False


def looks_at_none(callback):
    """Tell whether a view was made to look at no token."""
    from rest_framework.views import APIView

    view = getattr(callback, "cls", None)
    if not (isinstance(view, type) and issubclass(view, APIView)):
        return False
    if view.get_authenticators is not APIView.get_authenticators:
        return False
    if view.perform_authentication is not APIView.perform_authentication:
        return False
    given = getattr(callback, "initkwargs", None) or {}
    classes = given.get("authentication_classes", view.authentication_classes)
    # Those that all views have by default may be none because a middleware does it.
    return classes is not APIView.authentication_classes and len(classes) == 0
