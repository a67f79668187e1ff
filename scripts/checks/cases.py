# SPDX-License-Identifier: GPL-2.0-only
"""Cases on made-up machines: each is a function of a folder that returns None, or what is wrong"""
import os
import sys
import tempfile


class Cases(dict):
    def case(self, func):
        """Decorator: the function is a case"""
        self[func.__name__] = func
        return func

    def main(self, machine="."):
        """Run all, or those that are named, each in @machine of a new folder. Return: exit status"""
        failed = False
        for name, func in self.items():
            if sys.argv[1:] and name not in sys.argv[1:]:
                continue
            with tempfile.TemporaryDirectory() as folder:
                top = os.path.normpath(f"{folder}/{machine}")
                os.makedirs(top, exist_ok=True)
                try:
                    wrong = func(top)
                except Exception as other:      # a case that ends early has failed
                    wrong = f"{type(other).__name__}: {other}"
            print(f"not ok {name} {wrong}" if wrong else f"ok {name}", flush=True)
            failed |= bool(wrong)
        return failed
