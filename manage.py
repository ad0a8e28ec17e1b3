#!/usr/bin/env python
"""Django's command line for factory_mes."""

import os
import sys

from django.core.management import execute_from_command_line

from core.context import act_as

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factory_mes.settings")
    with act_as(source="command"):
        execute_from_command_line(sys.argv)
