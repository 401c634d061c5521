// Package weights keeps named tensors on disk in the safetensors format.
//
// [Encode] writes, [Decode] and [Read] read; neither knows what the tensors mean. [FromParams] and [Assign] connect a
// file with the parameters of a model. A file is never trusted: everything that its header claims is checked against
// the size of the file before memory is taken for it, and what is wrong comes back as a [*FormatError].
//
// The format, https://huggingface.co/docs/safetensors: eight bytes, the length of the header as a little-endian
// unsigned number; the header, a JSON object that gives every name its dtype, its shape and its two data_offsets,
// besides a map of strings under "__metadata__"; then the data, little-endian and row-major, without a hole.
package weights
