"""Keys are made once, kept from others' eyes, and read as rings."""

import stat

import pytest

from aptic import keys


def read(path):
    lines = (line for line in path.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def test_keys_are_made_once_and_for_us_alone(tmp_path):
    assert keys.make_keys(tmp_path) is True
    path = tmp_path / "keys.env"
    before = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.make_keys(tmp_path) is False
    assert path.read_text() == before


def test_rings_have_a_writing_key_and_codes_a_training_one(tmp_path):
    keys.make_keys(tmp_path)
    made = read(tmp_path / "keys.env")
    codes = keys.read_ring(made["APTIC_CODE_KEYS"].split(","))
    assert list(codes) == [keys.TRAINING, 1]
    for ring in keys.RINGS:
        assert all(len(key) == 32 for key in keys.read_ring(made[ring].split(",")).values())
    assert len(made["APTIC_SECRET_KEY"]) >= 50


@pytest.mark.parametrize("entry", ["", "1", "1:", "x:" + "A" * 43 + "=", "1:not base64", "1:AAAA"])
def test_unreadable_ring_is_refused(entry):
    with pytest.raises(keys.BadRing):
        keys.read_ring([entry])


def test_fingerprint_survives_a_new_key_and_not_another_first_one():
    first, second, other = keys._fresh(1), keys._fresh(2), keys._fresh(1)
    known = keys.fingerprint(keys.read_ring([first]))
    assert keys.fingerprint(keys.read_ring([first, second])) == known
    assert keys.fingerprint(keys.read_ring([other])) != known
    assert keys.fingerprint(keys.read_ring([keys._fresh(keys.TRAINING)])) == ""
