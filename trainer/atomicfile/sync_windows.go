package atomicfile

// syncDirectory does nothing: Windows syncs no directory handles, and NTFS journals the rename.
func syncDirectory(string) error { return nil }
