//! The seam below everything that touches files: the system's calls, or the fault filesystem of the tests.
