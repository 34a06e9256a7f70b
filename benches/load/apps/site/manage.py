#!/usr/bin/env python3
"""The command line of the story's Django project.

`manage.py prepare` makes the database and the static files in the folder that SITE_DATA names. Pages
that need neither work without it.
"""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    execute_from_command_line(sys.argv)
