import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gan_edu.worlds import digits
from gan_edu.worlds.downloads import fetch

CONTENT = bytes(range(256)) * 600
MD5 = hashlib.md5(CONTENT).hexdigest()


class Shelf(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        served = {"/broken": CONTENT[: len(CONTENT) // 2], "/other": CONTENT[::-1]}
        self.wfile.write(served.get(self.path, CONTENT))

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_fetches_once_and_checks(tmp_path, address):
    target = tmp_path / "file"
    assert fetch(f"{address}/whole", target, MD5) is True
    assert target.read_bytes() == CONTENT
    assert fetch(f"{address}/missing", target, MD5) is False  # whole already: nothing is asked of the server
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("broken", ConnectionError, f"broke off after {len(CONTENT) // 2}"),
        ("missing", ConnectionError, "broke off after 0 bytes.*404"),
        ("other", ValueError, f"wanted MD5 {MD5}, got"),
    ],
)
@pytest.mark.parametrize("before", [None, b"an older file"])
def test_a_failed_download_leaves_things_as_they_were(tmp_path, address, path, error, message, before):
    target = tmp_path / "file"
    if before is not None:
        target.write_bytes(before)
    with pytest.raises(error, match=message):
        fetch(f"{address}/{path}", target, MD5)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == ([] if before is None else [before])


def test_nobody_listens(tmp_path):
    with pytest.raises(ConnectionError, match="broke off after 0 bytes"):
        fetch("http://127.0.0.1:9/file", tmp_path / "file", MD5)
    assert list(tmp_path.iterdir()) == []


def test_digits_download_takes_four_files_and_goes_on_where_it_stopped(tmp_path, monkeypatch):
    shelf, folder = tmp_path / "shelf", tmp_path / "data"
    shelf.mkdir()
    contents = [f"file {k}".encode() for k in range(4)]
    monkeypatch.setitem(digits.MD5, "mnist", tuple(hashlib.md5(content).hexdigest() for content in contents))
    for stem, content in list(zip(digits.FILES, contents, strict=True))[:3]:
        (shelf / f"{stem}.gz").write_bytes(content)
    with pytest.raises(ConnectionError, match="t10k-labels"):
        digits.download(folder, address=shelf.as_uri())
    assert sorted(path.name for path in (folder / "mnist").iterdir()) == sorted(f"{s}.gz" for s in digits.FILES[:3])
    (shelf / f"{digits.FILES[3]}.gz").write_bytes(contents[3])
    (shelf / f"{digits.FILES[0]}.gz").unlink()
    paths = digits.download(folder, address=shelf.as_uri())
    assert [path.read_bytes() for path in paths] == contents


def test_digits_download_leaves_no_empty_folder_and_knows_its_names(tmp_path):
    with pytest.raises(ConnectionError):
        digits.download(tmp_path, address=(tmp_path / "nowhere").as_uri())
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="mnist, fashion-mnist, got 'cifar'"):
        digits.download(tmp_path, name="cifar")
