"""Keys are made once, kept from others' eyes, and read as rings."""

import base64
import io
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

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


def public_part(seed):
    version, _, text = seed.partition(":")
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(text)).public_key()
    return f"{version}:{base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()}"


def test_the_public_ring_is_the_one_given_or_that_of_the_seeds():
    old, new = keys._fresh(1), keys._fresh(2)
    published = [public_part(old), public_part(new)]
    assert keys.write_ring(keys.public_ring([], [old, new])) == ",".join(published)
    assert list(keys.public_ring(published, [])) == [1, 2]
    assert list(keys.public_ring(published, [old])) == [1, 2]  # published before it signs
    assert list(keys.public_ring(published, [new])) == [1, 2]  # still checked once it rests


def test_a_seed_that_nobody_could_check_is_refused():
    old, new = keys._fresh(1), keys._fresh(2)
    with pytest.raises(keys.BadRing, match="la clé n° 2 de APTIC_SIGNING_KEYS n’a pas sa partie publique"):
        keys.public_ring([public_part(old)], [old, new])
    with pytest.raises(keys.BadRing, match="la clé n° 1 "):
        keys.public_ring([public_part(keys._fresh(1))], [old])
    with pytest.raises(keys.BadRing, match="APTIC_SIGNING_PUBLIC_KEYS n’est pas donnée"):
        keys.public_ring([], [])


def test_the_lines_of_an_env_file_are_printed(monkeypatch):
    made = dict(line.split("=", 1) for line in keys.main(["new"]).splitlines())
    assert set(made) == {*keys.SECRETS, keys.PUBLISHED}
    assert made[keys.PUBLISHED] == public_part(made[keys.SEEDS])

    def published(text):
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return keys.main(["public"])

    assert published(f'# ours\n{keys.SEEDS}="{made[keys.SEEDS]}"\n') == f"{keys.PUBLISHED}={made[keys.PUBLISHED]}"
    fresh = keys._fresh(2)  # the first one rests, and what it signed is still checked
    both = published(f"{keys.SEEDS}={fresh}\n{keys.PUBLISHED}={made[keys.PUBLISHED]}\n")
    assert both == f"{keys.PUBLISHED}={made[keys.PUBLISHED]},{public_part(fresh)}"
    with pytest.raises(SystemExit, match="n’est pas donnée"):
        published("")
    with pytest.raises(SystemExit, match="la clé n° 1 "):
        published(f"{keys.SEEDS}={keys._fresh(1)}\n{keys.PUBLISHED}={made[keys.PUBLISHED]}\n")
    with pytest.raises(SystemExit, match=r"aptic\.keys new"):
        keys.main([])
