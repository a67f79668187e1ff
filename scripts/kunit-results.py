# SPDX-License-Identifier: GPL-2.0-only
"""
kunit-results.py JUNIT TAP NAME=STATUS=XML...: the results of several runs of the KUnit
suites, as one JUnit file and one TAP file. XML is what kunit.py --junit has made of run NAME,
which ended with STATUS; the file may be missing. Called by scripts/kunit.

kunit.py nests a suite's element in that of its run, and a case with parameters is a suite
again. Many programs that read JUnit look two levels deep only, so here every suite is flat:
'kasan.smmu_array' of run kasan. TAP is flat as well, a line for each case.
"""

import sys
import xml.etree.ElementTree as ET


class Case:
    """One case: its suite, its name, and what became of it"""

    def __init__(self, suite, name, kind='', text='', log=''):
        self.suite, self.name, self.kind, self.text, self.log = suite, name, kind, text, log

    def failed(self):
        return self.kind in ('failure', 'error')


def cases_of(element, suite):
    """All cases below an element of kunit.py's file"""
    for child in element:
        if child.tag == 'testsuite':
            yield from cases_of(child, f"{suite}.{child.get('name')}")
        elif child.tag == 'testcase':
            case = Case(suite, child.get('name'))
            for note in child:
                if note.tag == 'system-out':
                    case.log = note.text or ''
                else:
                    case.kind, case.text = note.tag, note.text or ''
            yield case


def run_cases(name, status, path):
    """All cases of a run, and one more that fails where none does but the run has"""
    try:
        cases = list(cases_of(ET.parse(path).getroot(), name))
    except (OSError, ET.ParseError):
        cases = []
    if status != '0' and not any(case.failed() for case in cases):
        cases.append(Case(name, 'run', 'error', 'built, ran and ended without a complaint '
                          'of the kernel: it did not; see what scripts/kunit has printed'))
    return cases


def write_junit(path, cases):
    root = ET.Element('testsuites')
    suites = {}
    for case in cases:
        suites.setdefault(case.suite, []).append(case)
    for suite, its in suites.items():
        element = ET.SubElement(root, 'testsuite', {
            'name': suite,
            'tests': str(len(its)),
            'failures': str(sum(case.kind == 'failure' for case in its)),
            'errors': str(sum(case.kind == 'error' for case in its)),
            'skipped': str(sum(case.kind == 'skipped' for case in its)),
        })
        for case in its:
            one = ET.SubElement(element, 'testcase', {'classname': suite, 'name': case.name})
            if case.kind:
                ET.SubElement(one, case.kind, {'message': case.text.split('\n')[0]})
            if case.log:
                ET.SubElement(one, 'system-out').text = case.log
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding='utf-8', xml_declaration=True)


def write_tap(path, cases):
    with open(path, 'w', encoding='utf-8') as tap:
        print(f'TAP version 13\n1..{len(cases)}', file=tap)
        for number, case in enumerate(cases, 1):
            name = f'{case.suite} {case.name}'.replace('\\', '\\\\').replace('#', '\\#')
            skip = f' # SKIP {case.text}'.rstrip() if case.kind == 'skipped' else ''
            word = 'not ok' if case.failed() else 'ok'
            print(f'{word} {number} - {name}{skip}', file=tap)
            if case.failed():
                for line in (case.log or case.text).split('\n'):
                    print(f'# {line}', file=tap)


def main():
    junit, tap, *runs = sys.argv[1:]
    cases = []
    for run in runs:
        cases += run_cases(*run.split('=', 2))
    write_junit(junit, cases)
    write_tap(tap, cases)


main()
