import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from helpers_games import seeded
from helpers_runs import STEPS, differences, new_parts, resumed, run_with_saves, steps_from, tensors_of, unbroken
from torch import nn

from gan_edu.training import Average, Diverged, linear_decay, load_checkpoint, save_checkpoint


@pytest.fixture(scope="module")
def whole() -> tuple:
    return unbroken()


@pytest.fixture
def small(tmp_path) -> tuple[Path, dict]:
    """A checkpoint at step 7, and the parts it was made of."""
    network = nn.Linear(2, 3)
    parts = {"network": network, "optimizer": torch.optim.SGD(network.parameters(), 0.1, momentum=0.9), "draws": seeded()}
    save_checkpoint(tmp_path / "run.pt", 7, parts)
    return tmp_path / "run.pt", parts


# a run killed at any step


def test_the_run_has_everything_that_can_go_wrong(whole):
    # G moves at every second step, the penalties come at every third; spectral norm, batch norm and the average have state
    terms, states = whole
    assert [set(terms[step]) for step in (1, 2, 3)] == [{"critic"}, {"critic", "generator"}, {"critic", "r1", "gradient_penalty"}]
    for part in ("running_var", "_u", "exp_avg_sq", "last_epoch", "average.updates", "data", "latents", "mixing"):
        assert any(part in name for name in states), part
    assert states["average.updates"] == STEPS // 2


def test_two_unbroken_runs_are_equal_and_another_seed_is_another_run(whole):
    assert differences(unbroken(), whole) == []
    other = new_parts(seed=50)
    assert differences((dict(steps_from(other, 0)), tensors_of(other)), whole) != []


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_run_stopped_after_any_step_and_resumed_equals_an_unbroken_one(whole, tmp_path, step):
    run_with_saves(tmp_path / "run.pt", every=step, killed_after=step)
    found = resumed(tmp_path / "run.pt")
    assert len(found[0]) == STEPS - step and differences(found, whole) == []


@pytest.mark.parametrize("killed_after", [4, 5, 9, 11])
def test_a_run_killed_between_two_checkpoints_repeats_the_steps_since_the_last(whole, tmp_path, killed_after):
    run_with_saves(tmp_path / "run.pt", every=5, killed_after=killed_after)
    found = resumed(tmp_path / "run.pt")
    assert min(found[0]) == killed_after // 5 * 5 + 1 and differences(found, whole) == []


def test_a_run_killed_several_times_equals_an_unbroken_one(whole, tmp_path):
    path = tmp_path / "run.pt"
    for stop in (3, 4, 8):
        parts = new_parts(seed=0 if stop == 3 else stop)
        done = load_checkpoint(path, parts) if path.exists() else 0
        for step, _ in steps_from(parts, done):
            if step == stop:
                save_checkpoint(path, step, parts)
                break
    assert differences(resumed(path), whole) == []


def test_a_process_killed_in_the_middle_of_saving_leaves_the_checkpoint_from_before(whole, tmp_path):
    path = tmp_path / "run.pt"
    script = f"""
import pathlib, sys
sys.path[:0] = {sys.path}
from helpers_runs import stall_in_the_middle_of_saving
stall_in_the_middle_of_saving(pathlib.Path({str(path)!r}), 7)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "saving\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    finally:
        process.kill()
        process.stdout.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.pt", "run.pt.partial"]
    assert (tmp_path / "run.pt.partial").stat().st_size == 1024
    found = resumed(path)
    assert min(found[0]) == 7 and differences(found, whole) == []
    save_checkpoint(path, STEPS, new_parts())
    assert [file.name for file in tmp_path.iterdir()] == ["run.pt"]  # what was left over is gone


# one file


def test_the_step_comes_back_and_every_part_with_it(small):
    path, parts = small
    again = {"network": nn.Linear(2, 3), "draws": seeded(9)}
    again["optimizer"] = torch.optim.SGD(again["network"].parameters(), 0.7)
    assert load_checkpoint(str(path), again) == 7
    assert torch.equal(again["network"].weight, parts["network"].weight)
    assert again["optimizer"].param_groups[0]["lr"] == 0.1
    assert torch.equal(torch.rand(3, generator=again["draws"]), torch.rand(3, generator=seeded()))


def test_the_file_holds_plain_state_dicts(small):
    saved = torch.load(small[0], weights_only=True)
    assert saved["step"] == 7 and set(saved["parts"]) == {"network", "optimizer", "draws"}


def test_saving_twice_gives_the_second_state_and_no_other_file(small):
    path, parts = small
    with torch.no_grad():
        parts["network"].weight.fill_(2.0)
    save_checkpoint(path, 8, parts)
    other = {**parts, "network": nn.Linear(2, 3)}
    assert load_checkpoint(path, other) == 8 and (other["network"].weight == 2).all()
    assert [file.name for file in path.parent.iterdir()] == ["run.pt"]


def test_saving_changes_nothing(tmp_path):
    parts = new_parts()
    before = tensors_of(parts)
    save_checkpoint(tmp_path / "run.pt", 0, parts)
    after = tensors_of(parts)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_an_optimiser_loaded_is_one_that_moves_the_present_weights(small):
    path, _ = small
    network = nn.Linear(2, 3)
    parts = {"network": network, "optimizer": torch.optim.SGD(network.parameters(), 0.5, momentum=0.9), "draws": seeded()}
    load_checkpoint(path, parts)
    before = network.weight.detach().clone()
    network(torch.ones(1, 2)).sum().backward()
    parts["optimizer"].step()
    torch.testing.assert_close(network.weight.detach(), before - 0.1)


# bad input


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint at .*missing.pt"):
        load_checkpoint(tmp_path / "missing.pt", {"draws": seeded()})


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x80\x04K\x01."], ids=["empty", "words", "a pickle"])
def test_a_file_that_is_none(tmp_path, content):
    (tmp_path / "run.pt").write_bytes(content)
    with pytest.raises(ValueError, match="run.pt is damaged or no checkpoint"):
        load_checkpoint(tmp_path / "run.pt", {"draws": seeded()})


@pytest.mark.parametrize("content", [{"step": 3}, torch.zeros(2), {"format": "another", "step": 1, "parts": {}}], ids=["dict", "tensor", "format"])
def test_a_file_of_torch_that_is_none(tmp_path, content):
    torch.save(content, tmp_path / "run.pt")
    with pytest.raises(ValueError, match="is no checkpoint of this package"):
        load_checkpoint(tmp_path / "run.pt", {"draws": seeded()})


def test_code_in_a_file_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    torch.save({"format": "gan-edu checkpoint 1", "step": 1, "parts": {"draws": Trap()}}, tmp_path / "run.pt")
    with pytest.raises(ValueError, match="damaged or no checkpoint"):
        load_checkpoint(tmp_path / "run.pt", {"draws": seeded()})
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_short(small, share):
    path, parts = small
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="damaged or no checkpoint"):
        load_checkpoint(path, parts)


def test_a_changed_byte_is_noticed_or_changes_no_number(small):
    path, parts = small
    content, wanted = path.read_bytes(), tensors_of(parts)
    places, noticed = random.Random(0).sample(range(len(content)), 150), 0
    for place in places:
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        try:
            assert load_checkpoint(path, parts) == 7
        except ValueError:
            noticed += 1
        assert all(torch.equal(wanted[name], value) for name, value in tensors_of(parts).items())
    assert noticed > 75  # the others are padding


def test_a_changed_weight_is_noticed(small):
    # torch.load alone would take it
    path, parts = small
    content = path.read_bytes()
    weight = parts["network"].weight.detach().numpy().tobytes()
    assert content.count(weight) == 1
    path.write_bytes(content.replace(weight, weight[:-1] + bytes([weight[-1] ^ 1])))
    assert torch.load(path, weights_only=True)["step"] == 7
    with pytest.raises(ValueError, match="damaged or no checkpoint .wrong checksum of .*data"):
        load_checkpoint(path, parts)


def changed(parts: dict, **others) -> dict:
    return {**parts, **others}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda p: changed(p, network=nn.Linear(2, 4)), r"network .*weight has shape \(4, 2\) here, \(3, 2\) in the checkpoint"),
        (lambda p: changed(p, network=nn.Linear(2, 3, bias=False)), r"network .*bias has shape none here, \(3,\) in the checkpoint"),
        (lambda p: changed(p, network=nn.Bilinear(2, 2, 3)), "network .*Bilinear here, Linear in the checkpoint"),
        (lambda p: changed(p, network=Average(p["network"])), "network .*Average here, Linear in the checkpoint"),
        (lambda p: changed(p, optimizer=torch.optim.Adam(p["network"].parameters())), "optimizer .*Adam here, SGD in the checkpoint"),
        (lambda p: changed(p, optimizer=torch.optim.SGD([p["network"].bias], 0.1)), r"optimizer .*moves \[1\] tensors here, \[2\] in"),
        (lambda p: changed(p, schedule=linear_decay(p["optimizer"], 5)), r"wanted the parts \['draws', 'network', 'optimizer', 'schedule'\]"),
        (lambda p: {"network": p["network"]}, r"wanted the parts \['network'\], but the checkpoint has \['draws', 'network', 'optimizer'\]"),
    ],
)
def test_a_checkpoint_of_something_else_changes_nothing(small, other, words):
    path, parts = small
    given = other({"network": nn.Linear(2, 3), "draws": seeded(4), "optimizer": parts["optimizer"]})
    before = tensors_of(given)
    with pytest.raises(ValueError, match=words):
        load_checkpoint(path, given)
    after = tensors_of(given)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_generator_of_another_kind_of_device(small):
    path, parts = small

    class OfAGpu:
        """A state as short as CUDA's."""

        @staticmethod
        def state_dict():
            return torch.zeros(16, dtype=torch.uint8)

    OfAGpu.__name__ = "Generator"
    save_checkpoint(path, 1, {"draws": OfAGpu()})
    with pytest.raises(ValueError, match=r"draws .*its state has shape \(5056,\) here, \(16,\) in the checkpoint"):
        load_checkpoint(path, {"draws": seeded()})


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("part", ["network", "optimizer", "average"])
def test_numbers_that_are_not_finite_never_replace_a_good_checkpoint(small, part, bad):
    path, parts = small
    parts = changed(parts, average=Average(parts["network"]))
    parts["network"](torch.ones(1, 2)).sum().backward()
    parts["optimizer"].step()
    save_checkpoint(path, 8, parts)
    content = path.read_bytes()
    spoilt = {
        "network": parts["network"].bias.data,
        "optimizer": parts["optimizer"].state[parts["network"].bias]["momentum_buffer"],
        "average": parts["average"].network.bias.data,
    }
    spoilt[part][1] = bad
    with pytest.raises(Diverged, match=f"step 9: {part}.*is not finite; nothing was written to .*run.pt"):
        save_checkpoint(path, 9, parts)
    assert path.read_bytes() == content and [file.name for file in path.parent.iterdir()] == ["run.pt"]


def test_a_run_that_diverges_keeps_its_last_good_checkpoint(tmp_path):
    parts = new_parts()
    for group in parts["optimizer_d"].param_groups:
        group["initial_lr"] = 1e30
    parts["schedule_d"].base_lrs = [1e30]
    saved = []
    with pytest.raises(Diverged, match="training diverged at step [2-9]"):
        for step, _ in steps_from(parts, 0):
            save_checkpoint(tmp_path / "run.pt", step, parts)
            saved.append(step)
    again = new_parts()
    assert saved and load_checkpoint(tmp_path / "run.pt", again) == saved[-1]
    assert all(value.isfinite().all() for value in tensors_of(again).values() if value.is_floating_point())


def test_bad_saves(tmp_path):
    with pytest.raises(ValueError, match="wanted at least one part and a step of at least 0; got step 3 and parts \\[\\]"):
        save_checkpoint(tmp_path / "run.pt", 3, {})
    with pytest.raises(ValueError, match="got step -1 and parts \\['draws'\\]"):
        save_checkpoint(tmp_path / "run.pt", -1, {"draws": seeded()})
    with pytest.raises(FileNotFoundError):
        save_checkpoint(tmp_path / "nowhere" / "run.pt", 1, {"draws": seeded()})
    assert list(tmp_path.iterdir()) == []
