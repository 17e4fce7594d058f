"""Assignments that grade themselves: student versions, submissions, the sandbox, marks.

Floors (imports go down only)::

    __main__            the command line
    grade               one run over a folder of submissions; resumes
    reports  hidden     marks on paper; the same questions inside nbgrader
    marking             questions, answers, points
    submissions         who handed in what
    sandbox             one student's code, step by step
    walls               bubblewrap and its options
    course  notebooks   where assignments lie, and what their cells are for
    child               runs inside the sandbox; imports nothing of this package
"""
