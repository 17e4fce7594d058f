import pytest

from tools.records import canonical, code_hash, imported_files, read_record, write_atomically, write_record


@pytest.fixture
def tree(tmp_path):
    """A package of three modules: plots imports claims, claims imports nothing, training stands alone."""
    package = tmp_path / "gan_edu"
    (package / "worlds").mkdir(parents=True)
    (package / "__init__.py").write_text('"""Doc."""\n__version__ = "0.1.0"\n')
    (package / "claims.py").write_text("bound = 1\n")
    (package / "plots.py").write_text("from .claims import bound\n")
    (package / "training.py").write_text("steps = 5\n")
    (package / "worlds" / "__init__.py").write_text("")
    (package / "worlds" / "mixtures.py").write_text("from ..training import steps\n")
    return tmp_path


def names(source, root):
    return sorted(path.relative_to(root / "gan_edu").as_posix() for path in imported_files(source, root))


def test_comments_docstrings_and_layout_do_not_count():
    plain = "def f(x):\n    return x + 1"
    dressed = '"""Module."""\n\ndef f(x):  # why\n    """Add one."""\n    return (x\n            + 1)'
    assert canonical(plain) == canonical(dressed)


@pytest.mark.parametrize("other", ["def f(x):\n    return x + 2", "def f(x):\n    return x - 1", "def g(x):\n    return x + 1", "def f(x):\n    return y + 1"])
def test_the_program_counts(other):
    assert canonical("def f(x):\n    return x + 1") != canonical(other)


def test_a_string_that_is_no_docstring_counts():
    assert canonical('x = "a"') != canonical('x = "b"')


def test_imports_are_followed_directly_and_indirectly(tree):
    assert names("from gan_edu import plots", tree) == ["__init__.py", "claims.py", "plots.py"]
    assert names("from gan_edu.worlds.mixtures import thing", tree) == ["__init__.py", "training.py", "worlds/__init__.py", "worlds/mixtures.py"]
    assert names("import gan_edu.training as t, math", tree) == ["__init__.py", "training.py"]
    assert names("def f():\n    from gan_edu import claims", tree) == ["__init__.py", "claims.py"]
    assert names("import numpy", tree) == []


def test_imports_are_found_beside_ipython_syntax(tree):
    assert names("%matplotlib inline\nfrom gan_edu import training", tree) == ["__init__.py", "training.py"]


def test_hash_follows_the_modules_used_and_no_others(tree):
    source = "from gan_edu import plots"
    before = code_hash(source, tree)
    (tree / "gan_edu" / "training.py").write_text("steps = 6\n")
    (tree / "gan_edu" / "claims.py").write_text('"""Better prose."""\nbound = 1  # and why\n')
    (tree / "gan_edu" / "__init__.py").write_text('"""Doc."""\n__version__ = "0.2.0"\n')
    assert code_hash(source, tree) == before
    (tree / "gan_edu" / "claims.py").write_text("bound = 2\n")
    assert code_hash(source, tree) != before


def test_of_scripts_and_styles_those_count_that_a_module_behind_it_names(tree):
    package = tree / "gan_edu"
    (package / "static").mkdir()
    for name in ("film.js", "film.css", "other.js"):
        (package / "static" / name).write_text(name)
    (package / "widgets").mkdir()
    (package / "widgets" / "__init__.py").write_text("from .films import film\n")
    (package / "widgets" / "films.py").write_text("film = script('film.js') + style('film.css')\n")
    (package / "widgets" / "others.py").write_text("other = script('other.js')\n")
    found = names("from gan_edu.widgets import film", tree)
    assert [name for name in found if name.startswith("static")] == ["static/film.css", "static/film.js"]
    assert "static/other.js" in names("from gan_edu.widgets.others import other", tree)
    assert not [name for name in names("from gan_edu import training", tree) if name.startswith("static")]


def test_records_keep_their_numbers_and_put_lists_on_one_line(tmp_path):
    record = {"study": "x", "values": [0.1, 2, None], "claims": [{"held": [True, False], "text": "a [1, 2]"}]}
    write_record(tmp_path / "deep" / "x.json", record)
    assert read_record(tmp_path / "deep" / "x.json") == record
    assert '"values": [0.1, 2, null]' in (tmp_path / "deep" / "x.json").read_text()


def test_rooms_left_out_take_with_them_what_they_alone_import(tmp_path):
    package = tmp_path / "gan_edu"
    (package / "drawing").mkdir(parents=True)
    for name, text in {"__init__.py": "", "drawing/__init__.py": "from gan_edu import far, near", "far.py": "x = 1", "near.py": "y = 1"}.items():
        (package / name).write_text(text)
    source = "from gan_edu import drawing, near"
    assert names(source, tmp_path) == ["__init__.py", "drawing/__init__.py", "far.py", "near.py"]
    left = {path.name for path in imported_files(source, tmp_path, without=("drawing",))}
    assert left == {"__init__.py", "near.py"}
    before = code_hash(source, tmp_path, without=("drawing",))
    (package / "far.py").write_text("x = 2")
    assert code_hash(source, tmp_path, without=("drawing",)) == before != code_hash(source, tmp_path)


def test_a_record_without_finite_numbers_is_refused_and_the_old_one_kept(tmp_path):
    path = tmp_path / "x.json"
    write_record(path, {"value": 1})
    with pytest.raises(ValueError):
        write_record(path, {"value": float("nan")})
    assert read_record(path) == {"value": 1}


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "x.json"
    write_atomically(path, "old")

    def broken(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "new")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_broken_record_is_named(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{")
    with pytest.raises(ValueError, match="x.json"):
        read_record(path)
