"""Colours as people see them: full, without one kind of cone, and on a grey print; distances in CIELAB.

Matrices for whole loss of a cone: Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113, on linear sRGB.
Grey is the luminance of Rec. 709. White is D65.
"""

import numpy as np

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
EYES = {
    "full": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]),
    "grey": np.tile(LUMINANCE, (3, 1)),
}  # fmt: skip
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour):
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def seen(colour, eye):
    """L, a, b of a colour for an eye."""
    xyz = XYZ @ np.clip(EYES[eye] @ linear(colour), 0, 1) / XYZ.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(one, other, eye):
    """How far two colours are from each other (CIE 1976; about 2 can just be told when they touch)."""
    return float(np.linalg.norm(seen(one, eye) - seen(other, eye)))
