"""poppler's `pdfsig` reads trust from an NSS database; this makes one with a single root in it.

`certutil` would do it, but stands in another package; the libraries came with poppler itself. Run as a script in a
process of its own, because NSS is initialised once for a process: `python -m tests.nss FOLDER ROOT.der`.
"""

import ctypes
import sys
from pathlib import Path


class _Trust(ctypes.Structure):
    _fields_ = [("tls", ctypes.c_uint), ("mail", ctypes.c_uint), ("objects", ctypes.c_uint)]


def make_database(folder: Path, root_der: bytes) -> None:
    """A database without a password that trusts one root for everything; RuntimeError names what failed."""
    nss, smime = ctypes.CDLL("libnss3.so"), ctypes.CDLL("libsmime3.so")
    for pointer in (nss.PK11_GetInternalKeySlot, nss.CERT_GetDefaultCertDB, smime.CERT_DecodeCertFromPackage):
        pointer.restype = ctypes.c_void_p

    def done(result: int, what: str) -> None:
        if result != 0:
            raise RuntimeError(f"NSS: {what} failed")

    done(nss.NSS_InitReadWrite(f"sql:{folder}".encode()), "opening")
    slot = ctypes.c_void_p(nss.PK11_GetInternalKeySlot())
    if nss.PK11_NeedUserInit(slot):
        done(nss.PK11_InitPin(slot, None, b""), "empty password")
    certificate = ctypes.c_void_p(smime.CERT_DecodeCertFromPackage(root_der, len(root_der)))
    done(nss.PK11_ImportCert(slot, certificate, ctypes.c_ulong(0), b"root", 0), "import")
    trust = _Trust()
    done(nss.CERT_DecodeTrustString(ctypes.byref(trust), b"C,C,C"), "trust")
    database = ctypes.c_void_p(nss.CERT_GetDefaultCertDB())
    done(nss.CERT_ChangeCertTrust(database, certificate, ctypes.byref(trust)), "trusting")
    nss.CERT_DestroyCertificate(certificate)
    nss.PK11_FreeSlot(slot)
    done(nss.NSS_Shutdown(), "closing")


if __name__ == "__main__":
    make_database(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes())
