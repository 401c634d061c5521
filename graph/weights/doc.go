// Package weights keeps named tensors on disk, in the formats safetensors, .npy and .npz.
//
// [Encode] writes, [Decode] and [Read] read safetensors; [EncodeNPZ], [DecodeNPZ] and [ReadNPZ] do it for NumPy's
// archives, [EncodeNPY], [DecodeNPY] and [ReadNPY] for a single array. None of them knows what the tensors mean; functions
// of package graph connect them with the parameters of a model. A file is never trusted: everything that it claims is
// checked against its size before memory is taken for it. Damage of a file is an error of [Damaged], a [fault.Fault].
//
// Safetensors, https://huggingface.co/docs/safetensors: eight bytes, the length of the header as a little-endian
// unsigned number; the header, a JSON object that gives every name its dtype, its shape and its two data_offsets,
// and has a map of strings under "__metadata__"; then the data, little-endian and row-major, without gaps.
//
// This package has its own readers of .npy and .npz because github.com/sbinet/npyio (v0.6.0), the one that exists
// for Go, allocates what the length of a header in the file asks for, panics on a header that it cannot split, reads a file
// that ends early as zeros, reads column-major arrays of more than two dimensions as row-major, and does
// not know version 3.
package weights
