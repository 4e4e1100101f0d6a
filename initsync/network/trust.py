"""Whose certificates a client takes."""

import os
import ssl

from initsync.words.errors import InvalidSetup

# https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/: no issuer is found, or only one that
# came with the certificate.
_ISSUER_UNKNOWN = (2, 18, 19, 20, 21)


class System:
    """What the system trusts, read as far as it is needed. Called, it gives the context.

    The whole bundle is some 140 certificates, and reading it costs 34 ms of CPU (OpenSSL 3.0),
    half as much as all else in a pod's sync. The same certificates are mostly there as a directory
    too, in which OpenSSL looks up the one it needs. Where that does not do, the bundle is read.
    """

    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None
        self._whole = False

    def __call__(self) -> ssl.SSLContext:
        """Made when first asked for."""
        if self._context is None:
            directory = _directory()
            self._context = _context(capath=directory)
            self._whole = directory is None
        return self._context

    def widened(self, error: ssl.SSLCertVerificationError) -> bool:
        """Whether, after `error`, the context trusts more than before: then it is worth a try."""
        if self._context is None or self._whole or error.verify_code not in _ISSUER_UNKNOWN:
            return False
        self._context.load_default_certs()
        self._whole = True
        return True


def _directory() -> str | None:
    """The system's certificates under the hashes of their names; None where there are none."""
    paths = ssl.get_default_verify_paths()
    if paths.openssl_cafile_env in os.environ or paths.openssl_capath_env in os.environ:
        return None  # somebody chose
    try:
        with os.scandir(paths.capath or "") as found:
            hashed = any(entry.name.endswith(".0") for entry in found)
    except OSError:
        return None
    return paths.capath if hashed else None


def _context(
    cafile: str | None = None, capath: str | None = None, cadata: str | None = None
) -> ssl.SSLContext:
    """A host is whom a certificate names in its subjectAltName: its common name may be anything.

    https://www.rfc-editor.org/rfc/rfc9110#section-4.3.4-5; Go's clients have done so since 1.15.
    """
    context = ssl.create_default_context(cafile=cafile, capath=capath, cadata=cadata)
    context.hostname_checks_common_name = False
    return context


def trusting(ca_file: str | None, pem: str = "") -> ssl.SSLContext:
    """A client's context that trusts `ca_file` only, or the certificates in `pem` instead.

    Without either: what the system trusts. Raises InvalidSetup.
    """
    try:
        context = _context(cadata=pem) if pem else _context(cafile=ca_file)
    except (OSError, ValueError) as error:  # ssl.SSLError included: it holds no certificate
        which = "text in place of a CA file" if pem else f"CA file {ca_file}"
        problem = f"cannot use the {which} ({getattr(error, 'strerror', None) or error})"
        raise InvalidSetup(problem, "mount or name a file of PEM certificates") from error
    if ca_file or pem:
        # Python 3.13 wants all of RFC 5280 of every certificate; CAs that clusters make for
        # themselves often have no key identifiers (kubernetes-client/python#2394), and the one
        # CA that we were told to trust is checked all the same.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
