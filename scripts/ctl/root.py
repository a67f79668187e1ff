# SPDX-License-Identifier: GPL-2.0-only
"""The files of a machine. Whatever is missing or may not be read is None or empty."""
import os


class Root:
    """A machine whose root folder is @path; a test gives another one than /"""

    def __init__(self, path="/"):
        self.top = path.rstrip("/")
        self.denied = set()

    def path(self, name):
        return f"{self.top}/{name.lstrip('/')}"

    def data(self, name):
        """Content of a file as bytes, or None; @denied collects what may not be read"""
        try:
            with open(self.path(name), "rb") as file:
                return file.read()
        except PermissionError:
            self.denied.add(name)
        except OSError:
            pass
        return None

    def text(self, name):
        data = self.data(name)
        return None if data is None else data.decode(errors="replace").strip("\0\n")

    def names(self, name):
        """Names in a folder, sorted"""
        try:
            return sorted(os.listdir(self.path(name)))
        except OSError:
            return []

    def exists(self, name):
        return os.path.exists(self.path(name))

    def target(self, name):
        """Where a link leads in the end, as a path below the root, or None"""
        real = os.path.realpath(self.path(name))
        if not os.path.exists(real) or not (real + "/").startswith(
                os.path.realpath(self.top or "/").rstrip("/") + "/"):
            return None
        return real[len(os.path.realpath(self.top or "/").rstrip("/")):]
