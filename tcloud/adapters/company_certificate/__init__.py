"""A company's IC card (工商憑證): its component's CMS signatures, its certificate profile, its authority's answers."""
