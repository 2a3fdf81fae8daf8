"""Keys and certificates on disk: replaced in one step, keys for their owner only, one writer at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def pem(key: rsa.RSAPrivateKey) -> bytes:
    """The key unencrypted: what protects it is the folder, and that it is worth nothing."""
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())


def write(path: Path, content: bytes, *, secret: bool = False) -> None:
    """Replace a file in one step, so that a reader never sees half of it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600 if secret else 0o644)
    fresh.write_bytes(content)
    fresh.replace(path)


def load_key(path: Path) -> rsa.RSAPrivateKey:
    """A key written by `write`; the arithmetic check is skipped because it costs more than signing."""
    key = serialization.load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def load_certificate(path: Path) -> x509.Certificate:
    """A certificate written by `write`."""
    return x509.load_pem_x509_certificate(path.read_bytes())


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time changes the folder; the lock falls with the process."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        flock(file, LOCK_EX)
        yield


def generate_keys(count: int, bits: int = 2048) -> list[rsa.RSAPrivateKey]:
    """Fresh RSA keys, on all processors: OpenSSL works outside the interpreter's lock."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda _: rsa.generate_private_key(65537, bits), range(count)))
