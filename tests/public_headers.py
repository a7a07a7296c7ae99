# SPDX-License-Identifier: Apache-2.0
"""The lists of cmake/public_headers.cmake."""
import re


def public_headers(root):
    text = (root / "cmake/public_headers.cmake").read_text()
    return {name: body.split() for name, body in re.findall(r"^set\(EVOBRNN_(\w+)_HEADERS\s+([^)]*)\)", text, re.M)}
