"""nbgrader's settings for this course: start `nbgrader` in this folder, with the repository's root in PYTHONPATH."""

c = get_config()  # noqa: F821 - nbgrader gives it

c.CourseDirectory.course_id = "gan"
c.IncludeHeaderFooter.header = ""
# the largest student's demonstration takes half a minute on a slow machine
c.ExecutePreprocessor.timeout = 300
