"""A certificate authority of the 工商憑證 kind: hierarchy, cards, OCSP, CRL, time stamps."""
