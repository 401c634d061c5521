"""Writes the .npy and .npz files of this folder as NumPy does.

Run with Debian's python3-numpy: /usr/bin/python3 numpy_arrays.py
"""

import numpy as np

ramp = np.arange(6, dtype="<f4").reshape(2, 3) / 2  # 0 0.5 1 / 1.5 2 2.5


def write(name, array, version=None):
    with open(name, "wb") as f:
        np.lib.format.write_array(f, array, version=version, allow_pickle=False)


write("version1.npy", ramp)
write("version2.npy", ramp, (2, 0))
write("version3.npy", ramp, (3, 0))
write("fortran.npy", np.asfortranarray(np.arange(24, dtype="<f8").reshape(2, 3, 4)))
write("scalar.npy", np.float64(1.5))
write("empty.npy", np.zeros((0, 3), "<f4"))
write("int32.npy", np.array([-2, 7], "<i4"))
write("bool.npy", np.array([True, False, True]))

arrays = {
    "gru0/kernel": ramp,
    "step": np.array(-3, "<i8"),
    "mask": np.array([1, 0], "|u1"),
}
np.savez("stored.npz", **arrays)
np.savez_compressed("packed.npz", **arrays)
