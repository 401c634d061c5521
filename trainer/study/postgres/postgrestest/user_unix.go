//go:build unix

package postgrestest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

const immediate = syscall.SIGQUIT

// other is a user who is not root: PostgreSQL does not run as root.
func other() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, e1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, e2 := strconv.ParseUint(u.Gid, 10, 32)
		if e1 == nil && e2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return nil
}

func unprivileged(c *exec.Cmd) *exec.Cmd {
	c.SysProcAttr = &syscall.SysProcAttr{Credential: other(), Setpgid: true}
	return c
}

func giveAway(paths ...string) error {
	u := other()
	if u == nil {
		return nil
	}
	for _, path := range paths {
		if err := os.Chown(path, int(u.Uid), int(u.Gid)); err != nil {
			return err
		}
	}
	return nil
}
