//! Where files go to. The seam knows names and bytes, neither paths of this machine nor handles: a Ferry server is
//! the next to stand behind it.
